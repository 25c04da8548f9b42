import pyarrow as pa

from regulars.collect.dates import DateEvidence, choose_date_order, date_evidence, from_dates


def test_evidence_counts_what_fits_one_order_only():
    found = date_evidence(
        pa.array(["13/1/2024", "1/13/2024", "1/2/2024", "5/5/2024", "2024-01-13", "13.1.2024", None])
    )
    assert found == DateEvidence(day_first=1, month_first=1, either=1)
    assert not found.is_open and date_evidence(pa.array(["1/2/2024"])).is_open


def test_the_short_way_and_the_long_way_agree():
    """A value of another length sends all of them the long way."""
    days = [
        f"{year}-{month:02}-{day:02}"
        for year in (1969, 2000, 2023)
        for month in range(14)
        for day in range(33)
    ]
    for values in (
        days,
        [f"{day} {place % 25:02}:{place % 61:02}:{place % 62:02}" for place, day in enumerate(days)],
    ):
        short = from_dates(pa.array(["x", *values]).slice(1), "day_first")
        long = from_dates(pa.array([*values, "2024-1-1"]), "day_first")
        assert short[1].tolist() == long[1][:-1].tolist() and short[1].any() and not short[1].all()
        assert short[0][short[1]].tolist() == long[0][:-1][long[1][:-1]].tolist()
        assert not short[2].any()


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
