import pyarrow as pa
import pytest
from rich.cells import cell_len

from regulars.show.sections.headline import headline, if_as_far_off, period, plan, recent_sales
from regulars.show.summary import WIDTH, summary
from regulars.show.words import Words


@pytest.mark.parametrize("language", ["en", "zh"])
def test_fits_one_screen(made_up, language):
    text = summary(made_up.facts, made_up.tables, language)
    lines = text.splitlines()
    assert len(lines) <= 24 and max(map(cell_len, lines)) <= WIDTH
    assert "{" not in text and "Harbour & Hearth" in lines[0]


def test_says_who_what_and_how_sure(made_up):
    text = " ".join(summary(made_up.facts, made_up.tables).split())
    for part in (" visitors; ", "Stages: Visitor", "Margin, next 365 days: £", "At risk:",
                 "Actions today:", "(assumed responses)", "By lever:", "First: ", "Checked at earlier days, 90 days ahead (31 December 2023, 31 March 2024): Purchases"):  # fmt: skip
        assert part in text


def test_nothing_yet_says_what_to_type():
    assert "regulars import" in summary({}, {}) and "regulars import" in summary({}, {}, "zh")


def test_empty_tables_are_as_good_as_none(made_up):
    empty = {name: table.slice(0, 0) for name, table in made_up.tables.items()}
    assert "regulars import" in summary({}, empty)


SENTENCE = "if it is as far off as at the earlier days checked: "


def with_column(table, name, column):
    return table.set_column(table.column_names.index(name), name, pa.array(column, pa.float64()))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_interval_of_the_total_is_drawn_from_customers_variances(made_up, language):
    """However wide the customers' own intervals are, nothing said about the total changes."""
    scores = made_up.tables["customer_scores"]
    size = scores.num_rows
    wide = with_column(with_column(scores, "clv_low", [0.0] * size), "clv_high", [1e6] * size)
    tables = {**made_up.tables, "customer_scores": wide}
    assert summary(made_up.facts, tables, language) == summary(made_up.facts, made_up.tables, language)
    tiles = [
        headline(t, made_up.facts, Words(language, "GBP", clv_days=365)) for t in (tables, made_up.tables)
    ]
    assert tiles[0] == tiles[1]


def test_how_far_off_the_total_may_be_comes_from_the_backtest(made_up):
    said = if_as_far_off(1000.0, made_up.tables, {}, Words("en", "GBP", ",", "-"))
    assert said.startswith(f"{SENTENCE}£1,144 to £1,163 (spend, 90 days ahead")  # -0.126 and -0.14


def test_the_margin_horizon_goes_before_others(made_up):
    metrics = made_up.tables["evaluation"]
    row = {
        "origin_on": "2023-06-30",
        "horizon_days": 365,
        "target": "spend",
        "metric": "bias",
        "model": "regulars",
        "value": 0.25,
    }
    tables = {**made_up.tables, "evaluation": pa.concat_tables([metrics, pa.Table.from_pylist([row], schema=metrics.schema)])}  # fmt: skip
    said = if_as_far_off(1000.0, tables, {}, Words("en", "GBP", clv_days=365))
    assert said == f"{SENTENCE}£800 (spend, 365 days ahead, from 30 June 2023)"
    assert "365 days ahead (30 June 2023): Spend +25% off" in " ".join(summary(made_up.facts, tables).split())


def test_without_an_evaluation_there_is_no_range_and_the_command_is_named(made_up):
    tables = {name: table for name, table in made_up.tables.items() if name != "evaluation"}
    text = " ".join(summary(made_up.facts, tables).split())
    assert "run regulars evaluate to see how far off it may be" in text and "if it is as far off" not in text


def test_the_naive_rate_is_named_where_it_ranks_better(made_up):
    metrics = made_up.tables["evaluation"]
    gini = [
        0.1 if row["metric"] == "gini" and row["model"] == "regulars" else row["value"]
        for row in metrics.to_pylist()
    ]
    tables = {**made_up.tables, "evaluation": with_column(metrics, "value", gini)}
    assert "naive rate ranked customers by spend better" in " ".join(summary(made_up.facts, tables).split())
    assert "naive rate ranked" not in summary(made_up.facts, made_up.tables)


def test_sales_are_those_of_all_lines(made_up):
    sold = recent_sales(made_up.tables)
    rows = made_up.tables["sales"].sort_by("month").to_pylist()[-12:]
    assert sold.value == pytest.approx(sum(row["net_value"] for row in rows))
    assert (sold.first_month, sold.last_month) == (rows[0]["month"], rows[-1]["month"])
    assert period(sold, made_up.facts, Words())[1] == "30 June 2024"


def test_banners_for_visitors_are_counted_apart(made_up):
    actions = made_up.tables["actions"]
    chosen = [row for row in actions.to_pylist() if row["offer_id"]]
    strangers = [row["customer_id"] for row in chosen[:3]]
    scores = made_up.tables["customer_scores"]
    stages = ["visitor" if row["customer_id"] in strangers else row["stage"] for row in scores.to_pylist()]
    moved = scores.set_column(scores.column_names.index("stage"), "stage", pa.array(stages))
    found = plan({**made_up.tables, "customer_scores": moved})
    assert (found.visitors, found.customers) == (3, len(chosen) - 3)


def test_few_customers_have_no_best_tenth(made_up):
    few = {name: made_up.tables[name].slice(0, 15) for name in ("customer_features", "customer_scores")}
    assert "best tenth" not in summary({}, few)
