"""The settings of a shop: defaults, mistakes, the environment."""

import msgspec
import pytest

from regulars.config import Settings, Shop, default_toml, load_settings, parse_settings
from regulars.errors import ConfigError, ShopError
from regulars.schema import EVENT_TYPES, ROLES


def test_the_text_of_a_new_shop_is_the_defaults():
    shop = Shop(name='Tea "& Co"', currency="EUR", time_zone="Europe/Berlin")
    settings = parse_settings(default_toml(shop), environment={})
    assert settings.shop == shop
    assert msgspec.structs.replace(settings, shop=Shop()) == Settings()


def test_the_default_profile_uses_known_words():
    for event_type, roles in Settings().profile.roles.items():
        assert event_type in EVENT_TYPES
        assert set(roles) <= set(ROLES)
    assert Settings().profile.event_types("convert") == ["purchase"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[shop]\ncurency = 'EUR'", ["curency", "currency"]),
        (
            "[value]\nmargin_rate = 3",
            ["[value] margin_rate is 3", "a number of at most 1", "Fix: margin_rate = 0.4"],
        ),
        ("[shop]\ntime_zone = 'Mars'", ["Mars", "Europe/London"]),
        ("[shop]\ncurrency = 'euro'", ["currency"]),
        ("[profile.roles]\npurchas = ['convert']", ["purchas", "purchase"]),
        ("[profile.roles]\npurchase = ['convrt']", ["convrt", "convert"]),
        ("[profile.roles]\nvisit = ['touch']", ["convert"]),
        ("nonsense", ["TOML"]),
    ],
)
def test_a_mistake_names_the_place_and_what_is_right(text, words):
    with pytest.raises(ConfigError) as caught:
        parse_settings(text, "regulars.toml", environment={})
    for word in ["regulars.toml", *words]:
        assert word in str(caught.value)


def test_the_environment_overrides_the_file():
    settings = parse_settings(
        "[run]\nseed = 1", environment={"REGULARS_RUN_SEED": "7", "REGULARS_SHOP_NAME": "Tea"}
    )
    assert (settings.run.seed, settings.shop.name) == (7, "Tea")


def test_only_what_changes_results_changes_their_hash():
    base = parse_settings("", environment={}).result_hash()
    assert parse_settings("[run]\nthreads = 1\nbatch_rows = 500", environment={}).result_hash() == base
    assert parse_settings("[value]\nmargin_rate = 0.3", environment={}).result_hash() != base


def test_a_folder_without_settings_is_no_shop(tmp_path):
    with pytest.raises(ShopError, match="regulars init"):
        load_settings(tmp_path)


def test_a_byte_order_mark_is_no_trouble(tmp_path):
    (tmp_path / "regulars.toml").write_text("\ufeff[shop]\nname = 'Tea'\n", encoding="utf-8")
    assert load_settings(tmp_path, {}).shop.name == "Tea"


@pytest.mark.parametrize("count", [0, 101])
def test_how_many_runs_stay_has_bounds_and_changes_no_result(count):
    with pytest.raises(ConfigError, match="keep_runs"):
        parse_settings(f"[run]\nkeep_runs = {count}", environment={})
    base = parse_settings("", environment={})
    assert base.run.keep_runs == 3
    assert parse_settings("[run]\nkeep_runs = 7", environment={}).result_hash() == base.result_hash()
