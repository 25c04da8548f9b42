import pyarrow as pa

from regulars.collect.dates import DateEvidence, choose_date_order, date_evidence


def test_evidence_counts_what_fits_one_order_only():
    found = date_evidence(
        pa.array(["13/1/2024", "1/13/2024", "1/2/2024", "5/5/2024", "2024-01-13", "13.1.2024", None])
    )
    assert found == DateEvidence(day_first=1, month_first=1, either=1)
    assert not found.is_open and date_evidence(pa.array(["1/2/2024"])).is_open


def test_typed_times_leave_no_question():
    assert date_evidence(pa.array([1, 2])) == DateEvidence()


def test_the_order_and_why():
    assert choose_date_order(DateEvidence(), "GBP") == (None, "")
    assert choose_date_order(DateEvidence(month_first=9, either=1), "GBP")[0] == "month_first"
    order, note = choose_date_order(DateEvidence(day_first=7, month_first=2, either=5), "USD")
    assert order == "day_first" and "mixed date formats" in note and "bad_time" in note
    assert choose_date_order(DateEvidence(either=5), "USD")[0] == "month_first"
    order, note = choose_date_order(DateEvidence(either=5), "EUR")
    assert order == "day_first" and "date_order" in note
