import html
import json
import re

import numpy as np
import pyarrow as pa
import pytest

from regulars.errors import OptionError
from regulars.show.report import render_report

HOSTILE_NAME = '</title><script>alert("shop")</script>'


def visible(page: str) -> str:
    """The page's text without its scripts and style."""
    body = re.sub(r"<(script|style)[^>]*>.*?</\1>", " ", page, flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_same_input_same_bytes_whatever_the_order_of_rows(made_up, language):
    random = np.random.default_rng(1)
    shuffled = {
        name: table.take(pa.array(random.permutation(table.num_rows)))
        for name, table in made_up.tables.items()
    }
    first = render_report(made_up.tables, made_up.facts, language)
    assert first == render_report(dict(reversed(shuffled.items())), made_up.facts, language)


def test_numbers_on_the_page_are_those_of_the_tables(made_up):
    text = visible(render_report(made_up.tables, made_up.facts).replace("\u202f", ""))
    clv = round(sum(made_up.tables["customer_scores"].column("clv").to_pylist()))
    offers = made_up.tables["actions"].column("offer_id")
    assert f"Margin, next 365 days £{clv}" in text
    assert f"Actions today {len(offers) - offers.null_count}" in text
    assert "assumed" in text and "As of 30 June 2024" in text


def test_chinese_page_has_chinese_words_and_language(made_up):
    page = render_report(made_up.tables, made_up.facts, "zh")
    assert '<html lang="zh-Hans">' in page
    assert "客户处于生命周期的哪个阶段" in page and "Where customers are" not in page


def test_nothing_from_the_data_becomes_code(made_up):
    facts = {**made_up.facts, "shop_name": HOSTILE_NAME, "offers": {"win_back_15": "<img src=x>"}}
    page = render_report(made_up.tables, facts)
    markup = re.sub(r"<script>!function.*?</script>", "<script></script>", page, flags=re.S)
    assert "<script>alert" not in markup and "<img" not in markup
    assert page.count("<script") == 5  # the charts' JSON, three libraries, and the page's own lines
    specs = re.search(r'<script type="application/json" id="charts">(.*?)</script>', page, re.S)
    assert specs and "<" not in specs[1] and len(json.loads(specs[1])) == 12


def test_the_page_refers_to_nothing_outside(made_up):
    page = render_report(made_up.tables, made_up.facts)
    markup = re.sub(r"<script>.*?</script>", "", page, flags=re.S)
    assert set(re.findall(r'(?:src|href)="([^#"]*)', markup)) == {"data:,", ""}
    assert "@import" not in markup and "url(" not in markup and "sourceMappingURL" not in page
    assert "default-src 'none'" in html.unescape(page)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_empty_shop_says_what_to_type(language):
    page = visible(render_report({}, {}, language))
    assert "regulars run" in page and "regulars evaluate" in page


def test_empty_tables_are_as_good_as_none(made_up):
    empty = {name: table.slice(0, 0) for name, table in made_up.tables.items()}
    assert render_report(empty, {}) == render_report({}, {})


@pytest.mark.parametrize("name", ["customer_features", "customer_scores", "segments", "stages", "transitions",
                                  "cohorts", "sales", "actions", "item_features", "evaluation", "calibration"])  # fmt: skip
def test_any_table_may_be_missing(made_up, name):
    tables = {other: table for other, table in made_up.tables.items() if other != name}
    assert "Harbour &amp; Hearth" in render_report(tables, made_up.facts)


@pytest.mark.parametrize(
    "name", ["customer_features", "customer_scores", "segments", "actions", "evaluation"]
)
def test_any_column_may_be_missing(made_up, name):
    for column in made_up.tables[name].column_names:
        tables = {**made_up.tables, name: made_up.tables[name].drop_columns([column])}
        assert "Harbour &amp; Hearth" in render_report(tables, made_up.facts)


def test_values_may_be_null_or_not_finite(made_up):
    tables = dict(made_up.tables)
    for name, table in made_up.tables.items():
        for place, field in enumerate(table.schema):
            if pa.types.is_floating(field.type):
                column = table.column(place).to_pylist()
                column[0], column[1 % len(column)] = None, float("nan")
                table = table.set_column(place, field, pa.array(column, field.type))
        tables[name] = table
    page = visible(render_report(tables, made_up.facts))
    assert "nan" not in page.lower().split() and "None" not in page.split()


def test_one_customer_is_enough(made_up):
    tables = {
        name: made_up.tables[name].slice(5, 1)
        for name in ("customer_features", "customer_scores", "segments", "actions")
    }
    assert "Customers 1 " in visible(render_report(tables, {"currency": "CHF"}))


def test_nobody_worth_anything_draws_no_value_chart(made_up):
    scores = made_up.tables["customer_scores"]
    nothing = scores.set_column(scores.column_names.index("clv"), "clv", pa.array(np.zeros(scores.num_rows)))
    assert 'id="clv-histogram"' not in render_report(
        {**made_up.tables, "customer_scores": nothing}, made_up.facts
    )


def test_a_source_without_visits_has_unknown_visitors_not_none(made_up):
    drop = pa.array(["visitor", "registered"])
    keep = {}
    for name in ("customer_scores", "stages"):
        table = made_up.tables[name]
        keep[name] = table.filter(pa.compute.invert(pa.compute.is_in(table.column("stage"), value_set=drop)))
    assert "Unknown: the data hold no visits" in visible(
        render_report({**made_up.tables, **keep}, made_up.facts)
    )


def test_an_unknown_language_is_one_clear_error():
    with pytest.raises(OptionError, match="en, zh"):
        render_report({}, {}, "klingon")
