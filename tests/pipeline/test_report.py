"""The report of a real run."""

import datetime as dt

from regulars.pipeline.evaluate import evaluate
from regulars.pipeline.report import report_facts, report_tables, summary_text, write_report
from regulars.pipeline.run import run


def test_the_report_is_the_same_twice_and_names_the_shop(finished, tmp_path):
    shop, _ = finished
    first, second = (write_report(shop, tmp_path / name).read_bytes() for name in ("a.html", "b.html"))
    assert first == second
    assert b"Test" in first


def test_the_summary_fits_a_screen(finished):
    lines = summary_text(finished[0]).splitlines()
    assert 5 < len(lines) <= 30


def test_the_money_of_the_facts_is_the_money_of_the_tables(finished):
    shop, _ = finished
    tables = report_tables(shop)
    facts = report_facts(shop, tables)
    assert facts["budget_spent"] <= facts["budget"]
    assert facts["imports"]["read_count"] == sum(
        facts["imports"][name] for name in ("stored_count", "duplicate_count", "rejected_count")
    )


def test_an_evaluation_of_another_day_is_left_out(shop):
    evaluation = evaluate(shop, origins=1, horizon_days=60)
    run(shop)
    assert "evaluation_metrics" in report_tables(shop)
    assert "will buy within 60 days" in " ".join(summary_text(shop).split())
    run(shop, as_of=evaluation.as_of - dt.timedelta(1))
    text = " ".join(summary_text(shop).split())
    assert "evaluation_metrics" not in report_tables(shop)
    assert "will buy within" not in text and "The last check was of other data" in text
    assert "regulars evaluate --shop" in text
