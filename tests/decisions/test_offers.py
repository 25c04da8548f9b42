"""The offers catalogue: what is accepted, and how each mistake is named."""

from __future__ import annotations

import pytest

from regulars.decisions.offers import default_offers_toml, parse_offers
from regulars.errors import ConfigError
from regulars.schema import LEVERS, STAGES

ENTRY = {
    "id": '"gift"',
    "title": '"A gift"',
    "lever": '"reward"',
    "channel": '"email"',
    "stages": '["loyal"]',
    "response_rate": "0.1",
    "response_rate_low": "0.05",
    "response_rate_high": "0.2",
}


def text(**changes: str | None) -> str:
    fields = {**ENTRY, **changes}
    return "[[offer]]\n" + "\n".join(
        f"{name} = {value}" for name, value in fields.items() if value is not None
    )


def test_one_entry_with_defaults() -> None:
    (offer,) = parse_offers(text(), "offers.toml", "GBP")
    assert (offer.id, offer.stages, offer.cost_per_contact, offer.assumed) == ("gift", ("loyal",), 0.0, True)


def test_whole_numbers_are_money_too() -> None:
    (offer,) = parse_offers(text(fixed_discount="5"), "offers.toml", "GBP")
    assert offer.fixed_discount == 5.0


def test_measured_with_a_source_is_no_assumption() -> None:
    (offer,) = parse_offers(text(measured="true", source='"test of May"'), "offers.toml", "GBP")
    assert not offer.assumed


def test_no_offers_is_an_empty_catalogue() -> None:
    assert parse_offers("", "offers.toml", "GBP") == ()


@pytest.mark.parametrize("currency", ["GBP", "EUR", "JPY", "CNY", "KRW", "XYZ"])
def test_starter_catalogue_is_valid_in_every_currency(currency: str) -> None:
    offers = parse_offers(default_offers_toml(currency), "offers.toml", currency)
    assert {offer.lever for offer in offers} == set(LEVERS) - {"none"}
    assert all(offer.assumed for offer in offers)
    content = next(offer for offer in offers if offer.lever == "engage")
    assert content.cost_per_contact == content.discount_rate == content.fixed_discount == 0


def test_starter_has_one_offer_per_lever_and_a_candidate_for_every_stage() -> None:
    offers = parse_offers(default_offers_toml("GBP"), "offers.toml", "GBP")
    assert sorted(offer.lever for offer in offers) == sorted(set(LEVERS) - {"none"})
    assert {stage for offer in offers for stage in offer.stages} == set(STAGES)
    free = [o for o in offers if not (o.cost_per_contact or o.discount_rate or o.fixed_discount)]
    assert {offer.lever for offer in free} == {"acquire", "engage"}


def test_starter_titles_are_in_the_language_of_the_shop() -> None:
    english, chinese = (
        parse_offers(default_offers_toml("CNY", language), "offers.toml", "CNY") for language in ("en", "zh")
    )
    assert [offer.id for offer in english] == [offer.id for offer in chinese]
    assert all(offer.title.isascii() for offer in english)
    assert not any(offer.title.isascii() for offer in chinese)


def test_starter_amounts_follow_the_size_of_the_currency() -> None:
    pounds, yen = (
        next(o for o in parse_offers(default_offers_toml(c), "offers.toml", c) if o.id == "loyalty_gift")
        for c in ("GBP", "JPY")
    )
    assert (pounds.fixed_discount, yen.fixed_discount) == (3.0, 450.0)


def test_starter_ranges_are_called_assumed_and_hold_doing_nothing() -> None:
    for offer in parse_offers(default_offers_toml("GBP"), "offers.toml", "GBP"):
        assert offer.response_rate_low <= 0 < offer.response_rate
        assert offer.value_uplift_rate_low <= 0
        assert (offer.max_value_uplift > 0) == (offer.value_uplift_rate > 0)
    assert "90 %" not in default_offers_toml("GBP")
    assert "assumed range" in default_offers_toml("GBP")


def test_starter_reaches_visitors_on_the_site_alone() -> None:
    offers = parse_offers(default_offers_toml("GBP"), "offers.toml", "GBP")
    assert {offer.channel for offer in offers if "visitor" in offer.stages} == {"onsite"}
    assert any("registered" in offer.stages for offer in offers)


def test_starter_win_backs_fade_with_silence() -> None:
    offers = parse_offers(default_offers_toml("GBP"), "offers.toml", "GBP")
    fading = {offer.id for offer in offers if offer.response_half_life_days}
    assert fading == {offer.id for offer in offers if offer.lever == "win_back"}
    assert all(o.max_days_since_last_purchase == 365 for o in offers if o.id in fading)


def test_a_measured_harm_can_be_written_down() -> None:
    harm = {"response_rate": "-0.01", "response_rate_low": "-0.02", "response_rate_high": "0.001"}
    smaller = {f"value_uplift_rate{end}": "-0.05" for end in ("", "_low", "_high")}
    (offer,) = parse_offers(text(**harm, **smaller), "offers.toml", "GBP")
    assert (offer.response_rate, offer.response_rate_low, offer.value_uplift_rate) == (-0.01, -0.02, -0.05)


def test_starter_explains_every_field() -> None:
    comments = "\n".join(line for line in default_offers_toml("GBP").splitlines() if line.startswith("#"))
    from regulars.decisions.offers import Offer

    for field in Offer.__struct_fields__:
        assert field.removesuffix("_low").removesuffix("_high") in comments


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        (text(respons_rate="0.1"), ["offers.toml", "gift", "respons_rate", "Did you mean response_rate?"]),
        (text(title=None), ["gift", "title is missing"]),
        (text(lever='"rewards"'), ["gift", "'rewards'", "Did you mean reward?"]),
        (text(lever='"none"'), ["gift", "'none'", "acquire"]),
        (text(channel='"e-mail"'), ["gift", "Did you mean email?"]),
        (text(stages='["at risk"]'), ["gift", "Did you mean at_risk?"]),
        (text(stages="[]"), ["gift", "stages is empty"]),
        (text(response_rate="0.3"), ["gift", "response_rate is 0.3", "0.05 to 0.2"]),
        (text(response_rate="1.3"), ["gift", "response_rate"]),
        (text(response_rate_low="-1.1"), ["gift", "response_rate_low"]),
        (text(response_rate="-0.1"), ["gift", "response_rate is -0.1", "0.05 to 0.2"]),
        (text(response_half_life_days="-1"), ["gift", "response_half_life_days"]),
        (text(max_value_uplift="-1"), ["gift", "max_value_uplift"]),
        (text(value_uplift_rate="0.1"), ["gift", "value_uplift_rate"]),
        (text(cost_per_contact="-1"), ["gift", "cost_per_contact"]),
        (text(cost_per_contact="nan"), ["gift", "cost_per_contact"]),
        (text(cost_per_contact="inf"), ["gift", "cost_per_contact"]),
        (text(cost_per_contact='"1"'), ["gift", "cost_per_contact"]),
        (text(measured="true"), ["gift", "without a source"]),
        (text(id='"A gift"'), ["A gift", "id"]),
        (text(id=None), ["number 1", "id is missing"]),
        (text() + "\n" + text(), ["two offers", "gift"]),
        ("[[offers]]\nid = 1", ["offers", "Did you mean offer?"]),
        ("[offer]\nid = 1", ["[[offer]]"]),
        ("offer = [1]", ["number 1"]),
        ('currency = "EUR"\n' + text(), ["EUR", "GBP"]),
        ("[[offer]", ["offers.toml is not TOML", "line 1"]),
    ],
)
def test_each_mistake_is_named(toml: str, words: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_offers(toml, "offers.toml", "GBP")
    for word in words:
        assert word in str(caught.value)
