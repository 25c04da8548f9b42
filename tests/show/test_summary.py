import json

import pyarrow as pa
import pytest
from rich.cells import cell_len

from regulars.show.outlook import knows_visitors, outlooks
from regulars.show.sections.headline import headline, if_as_far_off, period, plan, recent_sales
from regulars.show.summary import HEIGHT, WIDTH, summary
from regulars.show.words import Words

CHECK = {
    "origin_on": "2024-03-31", "horizon_days": 90, "customer_count": 300, "buyers_predicted": 120.4,
    "buyers_naive": 180.0, "buyers_happened": 130, "spend_predicted": 9000.0, "spend_naive": 9900.0,
    "spend_happened": 10000.0,
}  # fmt: skip
FACTS = {"folder": "tea-shop", "report": "tea-shop/report.html", "checks": [CHECK]}


def flat(text):
    return " ".join(text.split())


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [80, 88])
def test_fits_one_screen(made_up, language, width):
    notes = [*made_up.facts["notes"], {"code": "unfinished_day", "values": {"last_on": "2024-07-01", "last_hour": 9}},
             {"code": "refunds_undated", "values": {"purchase_count": 3, "refund_value": 40.0, "share": 0.02}}]  # fmt: skip
    facts = made_up.facts | FACTS | {"notes": notes, "data_age_days": 12}
    text = summary(facts, made_up.tables, language, width=width)
    lines = text.splitlines()
    assert len(lines) <= HEIGHT == 25
    assert max(map(cell_len, lines)) <= width <= WIDTH
    assert "{" not in text
    assert "Harbour & Hearth" in lines[0]
    for part in (
        "regulars export actions --for csv --shop tea-shop",
        "tea-shop/report.html",
        "tea-shop/regulars.toml",
    ):
        assert part in flat(text)


def test_says_who_what_why_and_how_sure(made_up):
    text = flat(summary(made_up.facts | FACTS, made_up.tables))
    for part in ("Margin expected in 365 days", "At risk silent longer than usual", "Today: ", "expected gain after cost",
                 "ASSUMED", "Send: “", "Left alone: ", "by lot to measure offers", "First: C",
                 "Trust it? On 31 March 2024 it said: 120 of 300 customers will buy within 90 days, for £9,000.",
                 "What happened: 130 did, for £10,000.", "said 180 and £9,900: closer in money, further off in buyers.",
                 "! Margin guessed: 40% of net sales"):  # fmt: skip
        assert part in text


def test_no_jargon_and_no_more_digits_than_are_true(made_up):
    text = summary(made_up.facts | FACTS, made_up.tables)
    for word in ("AUC", "Gini", "Brier", "CLV", "p-value", "BG/NBD", "NBD", "log-odds", "propensity"):
        assert word not in text
    for one in outlooks(made_up.tables, made_up.facts):
        if one.margin:
            assert (
                len(
                    Words("en", "GBP")
                    .about(one.margin)
                    .strip("£")
                    .replace("\u202f", "")
                    .rstrip("0")
                    .replace(".", "")
                )
                <= 3
            )


def test_the_naive_rule_is_called_closer_where_it_is(made_up):
    near = CHECK | {"buyers_naive": 131.0, "spend_naive": 10001.0}
    assert "closer than our forecast" in flat(
        summary(made_up.facts | FACTS | {"checks": [near]}, made_up.tables)
    )
    far = CHECK | {"buyers_naive": 500.0, "spend_naive": 50000.0}
    assert "further off than our forecast" in flat(
        summary(made_up.facts | FACTS | {"checks": [far]}, made_up.tables)
    )


def test_the_margin_horizon_is_checked_too(made_up):
    far = CHECK | {"horizon_days": 365, "origin_on": "2023-06-30", "spend_predicted": 452e3, "spend_happened": 341e3, "spend_naive": 374e3}  # fmt: skip
    text = flat(summary(made_up.facts | FACTS | {"checks": [CHECK, far]}, made_up.tables))
    assert "365 days from Jun 2023: said £452,000, was £341,000, “as before” £374,000: closer." in text


def test_visitors_are_unknown_where_no_visits_are(made_up):
    features, scores = made_up.tables["customer_features"], made_up.tables["customer_scores"]
    named = scores.filter(pa.compute.not_equal(scores["stage"], "visitor"))
    blind = {**made_up.tables, "customer_scores": named, "customer_features": with_column(features, "visit_count", [0] * features.num_rows)}  # fmt: skip
    assert not knows_visitors(blind) and knows_visitors(made_up.tables)
    line = next(line for line in summary(made_up.facts, blind).splitlines() if "Visitor" in line)
    assert "unknown" in line and "no visits in the data" in line
    assert outlooks(blind, made_up.facts)[0].people is None


def test_the_range_grows_with_luck_and_with_the_miss_of_the_backtest(made_up):
    everybody = outlooks(made_up.tables, made_up.facts)[-1]
    assert everybody.stage == "all" and everybody.low < everybody.margin < everybody.high
    alone = {name: table for name, table in made_up.tables.items() if name != "evaluation"}
    luck = outlooks(alone, made_up.facts)[-1]
    assert everybody.low < luck.low < luck.margin == everybody.margin < luck.high < everybody.high
    scores = made_up.tables["customer_scores"]
    widths = [
        high - low
        for low, high in zip(scores["clv_low"].to_pylist(), scores["clv_high"].to_pylist(), strict=True)
    ]
    assert luck.high - luck.low < 0.5 * sum(widths)  # luck averages out


def test_luck_of_customers_who_will_probably_buy_nothing_counts(made_up):
    scores = made_up.tables["customer_scores"]
    point = with_column(
        with_column(scores, "clv_low", [0.0] * scores.num_rows), "clv_high", [0.0] * scores.num_rows
    )
    luck = outlooks({"customer_scores": point}, {"margin_rate": 0.4})[-1]
    assert luck.low < luck.margin < luck.high


def test_who_is_left_alone_and_why(made_up):
    actions = made_up.tables["actions"]
    rows = actions.to_pylist()
    for row in rows:
        if row["reason_code"] == "no_offer_pays":
            row["reason_values"] = json.dumps({"limit": "excluded"}, separators=(",", ":"))
    kept_out = pa.Table.from_pylist(rows, schema=actions.schema)
    text = flat(summary(made_up.facts, {**made_up.tables, "actions": kept_out}))
    number = sum(row["reason_code"] == "no_offer_pays" for row in rows)
    assert f"{number} kept out by your rules" in text and "no offer pays" not in text


def test_unchecked_and_old_and_rejected_are_said_with_the_command(made_up):
    tables = {name: table for name, table in made_up.tables.items() if name != "evaluation"}
    facts = made_up.facts | {"folder": "my shop", "data_age_days": 40}
    text = flat(summary(facts, tables))
    assert "Not checked against the past" in text
    assert "regulars evaluate --shop 'my shop'" in text
    assert "The data end more than a month before today" in text
    assert "The data end 12 days before today" in flat(summary(facts | {"data_age_days": 12}, tables))
    assert "31 lines could not be read: regulars show rejected --shop 'my shop'" in text


def test_lines_about_measured_offers_have_their_place(made_up):
    lines = ["Measured: one.", "Measured: two.", "Measured: three."]
    text = summary(made_up.facts | {"effects": lines}, made_up.tables)
    assert lines[0] in text and lines[1] in text and lines[2] not in text


def test_nothing_yet_says_what_to_type():
    assert "regulars import" in summary({}, {}) and "regulars import" in summary({}, {}, "zh")


def test_empty_tables_are_as_good_as_none(made_up):
    empty = {name: table.slice(0, 0) for name, table in made_up.tables.items()}
    assert "regulars import" in summary({}, empty)


SENTENCE = "if it is as far off as at the earlier days checked: "


def with_column(table, name, column):
    return table.set_column(table.column_names.index(name), name, pa.array(column, pa.float64()))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_report_draws_no_interval_of_the_total_from_customers_variances(made_up, language):
    """However wide the customers' own intervals are, nothing said about the total on the page changes."""
    scores = made_up.tables["customer_scores"]
    size = scores.num_rows
    wide = with_column(with_column(scores, "clv_low", [0.0] * size), "clv_high", [1e6] * size)
    tables = {**made_up.tables, "customer_scores": wide}
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
