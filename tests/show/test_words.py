import json
import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.errors import OptionError
from regulars.schema import LEVERS, RFM_GROUPS, STAGES, TABLES, VALUE_GROUPS
from regulars.show.words import LANGUAGES, Words, phrases

REASON_CODES = [
    "no_offer_pays", "holdout", "budget_spent", "at_risk_valuable", "churned_recoverable", "new_second_order",
    "registered_no_order", "visitor_interest", "loyal_reward", "active_grow", "engage_content",
]  # fmt: skip
SHOWN_TABLES = [
    "customer_scores",
    "segments",
    "recommendations",
    "stages",
    "transitions",
    "cohorts",
    "sales",
    "actions",
]
VALUES = {
    "days_since_last_purchase": 97, "churn_probability": 0.42, "clv": 1235.2, "expected_order_value": 88.8,
    "purchase_count": 3, "stage": "at_risk", "horizon_days": 90, "expected_gain": 5.5,
}  # fmt: skip


def places(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def test_languages_have_the_same_keys_and_places():
    english, chinese = phrases("en"), phrases("zh")
    assert english.keys() == chinese.keys()
    for section in english:
        if section == "columns":
            continue  # English has only the labels that a column's name does not give
        assert english[section].keys() == chinese[section].keys(), section
        for key, text in english[section].items():
            if isinstance(text, str):
                assert places(text) == places(chinese[section][key]), f"{section}.{key}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_a_word(language):
    known = phrases(language)
    for kind, codes in (("stages", STAGES), ("stage_help", STAGES), ("levers", LEVERS), ("lever_help", LEVERS),
                        ("rfm_groups", RFM_GROUPS), ("rfm_help", RFM_GROUPS), ("value_groups", VALUE_GROUPS),
                        ("phases", set(STAGES.values())), ("reasons", REASON_CODES)):  # fmt: skip
        assert set(codes) <= set(known[kind]), kind


def test_shown_columns_have_a_chinese_label():
    labels = phrases("zh")["columns"]
    assert {column.name for name in SHOWN_TABLES for column in TABLES[name].columns} <= set(labels)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", REASON_CODES)
def test_reason_is_one_sentence_with_and_without_values(language, code):
    words = Words(language, "GBP")
    full, bare = words.reason(code, json.dumps(VALUES)), words.reason(code)
    for text in (full, bare):
        assert "{" not in text and "|" not in text
        assert text.endswith(words("report.full_stop"))
    assert len(full) >= len(bare)


def test_reason_says_numbers_with_units():
    sentence = Words("en", "GBP").reason("at_risk_valuable", VALUES)
    assert "97 days ago" in sentence and "42%" in sentence and "£1 235" in sentence.replace("\u202f", " ")
    assert "1 day ago" in Words().reason("new_second_order", {"days_since_last_purchase": 1})


@pytest.mark.parametrize("values", ["", None, "{}", "not json", "[1]"])
def test_reason_survives_what_is_no_object(values):
    assert Words().reason("holdout", values) == "Left alone on purpose, to measure what actions bring."


def test_unknown_codes_show_themselves_with_their_values():
    assert Words().reason("sunny", {"b": 2, "a": 1.25}) == "sunny (a = 1.25, b = 2)"
    assert Words("zh").note({"code": "rain", "values": {"mm": 3}}) == "rain (mm = 3)"
    assert Words().label("stages", "half_gone") == "Half gone"


@pytest.mark.parametrize(
    "note",
    [
        {"code": "margin_assumed", "values": {"margin_rate": 0.4}},
        {"code": "margin_assumed", "margin_rate": 0.4},
        ("margin_assumed", {"margin_rate": 0.4}),
    ],
)
def test_a_note_comes_in_any_of_its_shapes(note):
    assert Words().note(note) == "The margin is an assumption: 40% of net sales."


def test_an_unknown_language_says_which_there_are():
    with pytest.raises(OptionError, match="en, zh"):
        Words("fr").label("stages", "new")


@given(
    st.text(alphabet=string.printable),
    st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5)),
)
def test_no_code_or_value_is_an_error(code, values):
    for language in LANGUAGES:
        assert isinstance(Words(language).reason(code, values), str)
        assert isinstance(Words(language).note({"code": code, "values": values}), str)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_question_ends_with_its_own_mark(language):
    finding = {"code": "silent_days", "values": {"first_on": "2024-01-01", "gap_days": 20}}
    assert Words(language).finding(finding)[-2:] not in ("?.", "？。")


@pytest.mark.parametrize("language", LANGUAGES)
def test_columns_name_their_horizon(language):
    words = Words(language, churn_days=30, clv_days=200)
    for name, days in (
        ("churn_probability", "30"),
        ("expected_purchases", "30"),
        ("clv", "200"),
        ("clv_low", "200"),
    ):
        assert days in words.column(name) and "{" not in words.column(name)
        assert "{" not in Words(language).column(name)
