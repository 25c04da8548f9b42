"""What exported offers brought, in sentences."""

import pyarrow as pa
import pytest

from regulars.schema import OFFER_EFFECTS, VERDICTS
from regulars.show.effects import effect_lines
from regulars.show.report import render_report
from regulars.show.sections.effects import effects
from regulars.show.words import LANGUAGES, Words, phrases

NUMBERS = {
    "treated_count": 412, "held_out_count": 46, "follow_up_days": 31.4, "margin_difference": 1.5,
    "margin_difference_low": 0.25, "margin_difference_high": 2.75, "purchase_rate_difference": 0.03,
    "purchase_rate_difference_low": 0.01, "purchase_rate_difference_high": 0.05, "response_rate_measured": 0.04,
    "response_rate_assumed": 0.08, "response_rate_used": 0.05, "measured_weight": 0.75, "smallest_effect": 2.0,
    "needed_count": 1200,
}  # fmt: skip


def table_of(*rows):
    full = [NUMBERS | row for row in rows]
    return {"offer_effects": pa.Table.from_pylist(full, schema=OFFER_EFFECTS.arrow_schema())}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("verdict", VERDICTS)
def test_every_verdict_is_one_sentence(language, verdict):
    words = Words(language, "GBP", separator=",", minus="-")
    (line,) = effect_lines(
        table_of({"offer_id": "gift", "verdict": verdict}), {"offers": {"gift": "A gift"}}, words
    )
    assert "A gift" in line
    assert "{" not in line
    if verdict in ("pays", "does_not_pay", "does_nothing"):
        assert "1.50" in line
    if verdict != "not_alone":
        assert "412" in line
        assert "46" in line
    assert verdict in phrases(language)["verdicts"]


def test_how_many_people_are_needed_is_said_where_nothing_can_be_told():
    (line,) = effect_lines(table_of({"offer_id": "gift", "verdict": "cannot_tell"}), {}, Words("en", "GBP"))
    assert "about 1,200 people" in line.replace("\u202f", ",")


def test_all_offers_come_first_and_clear_answers_before_others():
    rows = [
        {"offer_id": "a", "verdict": "too_early"},
        {"offer_id": "b", "verdict": "pays"},
        {"offer_id": None, "verdict": "cannot_tell"},
    ]
    lines = effect_lines(table_of(*rows), {}, Words("en", "GBP"))
    assert [line.split(":")[0] for line in lines] == ["All offers together", "b", "a"]


def test_one_offer_is_said_once():
    rows = [{"offer_id": "a", "verdict": "pays"}, {"offer_id": None, "verdict": "pays"}]
    assert len(effect_lines(table_of(*rows), {}, Words("en", "GBP"))) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_section_shows_numbers_or_says_what_to_type(language):
    words = Words(language, "GBP")
    nothing = effects({}, {}, words)
    assert "regulars export actions" in nothing.blocks[0].text
    rows = [{"offer_id": "a", "verdict": "pays"}, {"offer_id": None, "verdict": "not_alone"}]
    remarks, grid = effects(table_of(*rows), {}, words).blocks
    assert len(remarks.lines) == 1
    assert len(grid.rows) == 2
    page = render_report(table_of(*rows), {"shop_name": "Tea", "currency": "GBP"}, language)
    assert words("effects.title") in page
