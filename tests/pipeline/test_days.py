"""The day that run and evaluate speak of: the last full one, never today."""

import datetime as dt

import pytest

from regulars.config import Settings
from regulars.config import Shop as ShopSettings
from regulars.errors import ShopError
from regulars.insight.calendar import date_of, day_of
from regulars.pipeline import imports
from regulars.pipeline.days import find_last_full_day, keep_last_full_day, left_out_day, today, usual_day
from regulars.pipeline.imports import import_files
from regulars.pipeline.shop import Shop, init_shop

US = 86_400 * 1_000_000
EVENINGS = [{"user_id": "ann", "day": day, "hour": 20} for day in range(20)]


def noon(day):
    return day * US + US // 2


@pytest.mark.parametrize(
    ("more", "full"),
    [
        ([], 19),
        ([{"day": 20, "hour": 9}], 19),  # stops at nine in the morning
        ([{"day": 20, "hour": 9}, {"day": 20, "hour": 20, "type": "visit"}], 20),
        ([{"day": 20, "hour": 9}, {"day": 20, "hour": 23, "type": "cost"}], 19),  # no customer did that
        ([{"day": 25, "hour": 9}], 24),  # the days between are full: nobody came
    ],
)
def test_a_last_day_that_stops_early_is_not_full(stored, more, full):
    assert find_last_full_day(stored(EVENINGS + more), Settings(), noon(400)) == full


def test_dates_without_times_end_with_their_last_day(stored):
    events = [{"user_id": "ann", "day": day, "hour": 0} for day in range(20)]
    assert find_last_full_day(stored(events), Settings(), noon(400)) == 19


def test_today_is_never_full(stored):
    store = stored(EVENINGS)
    assert [find_last_full_day(store, Settings(), noon(day)) for day in (18, 19, 20)] == [17, 18, 19]


def test_a_shop_of_one_day_has_that_day(stored):
    assert find_last_full_day(stored([{"user_id": "ann", "day": 3}]), Settings(), noon(3)) == 3


def test_an_undated_refund_does_not_move_the_last_full_day(stored):
    refund = {
        "day": 4,
        "type": "refund",
        "value": -10_000,
        "properties": '{"is_undated": true}',
        "user_id": "ann",
    }
    store = stored([*EVENINGS, refund])
    for _ in range(2):
        keep_last_full_day(store, Settings(), noon(400))
        assert store.last_full_day() == 19
    events = store.read(store.events(Settings().profile)).to_pylist()
    assert [(row["stated_day"], row["day"]) for row in events if row["type"] == "refund"] == [(4, 19)]
    assert all(row["stated_day"] == row["day"] for row in events if row["type"] != "refund")


def test_today_is_the_day_in_the_zone_of_the_shop():
    late = int(dt.datetime(2025, 3, 1, 23, 30, tzinfo=dt.UTC).timestamp() * 1_000_000)
    assert today(Settings(), late) == day_of(dt.date(2025, 3, 1))
    assert today(Settings(shop=ShopSettings(time_zone="Asia/Shanghai")), late) == day_of(dt.date(2025, 3, 2))


def test_a_store_without_events_has_no_day(stored, tmp_path):
    store = stored([{"type": "cost", "day": 3}])
    assert find_last_full_day(store, Settings(), noon(9)) is None
    with pytest.raises(ShopError, match="regulars import FILE"):
        usual_day(Shop(tmp_path, Settings()), store)


def test_a_store_that_kept_no_day_ends_with_its_last_event(stored, tmp_path):
    shop = Shop(tmp_path, Settings())
    assert usual_day(shop, stored(EVENINGS)) == 19
    assert usual_day(shop, stored([*EVENINGS, {"user_id": "ann", "day": 20, "hour": 9}])) == 19


def test_what_was_left_out_is_said(stored, tmp_path):
    shop = Shop(tmp_path, Settings())
    store = stored([*EVENINGS, {"user_id": "ann", "day": 20, "hour": 9}])
    assert left_out_day(shop, store, 19) == [
        {"code": "unfinished_day", "values": {"last_on": "1970-01-21", "last_hour": 9}}
    ]
    assert left_out_day(shop, store, 20) == []


def test_every_import_ends_with_the_last_full_day(tmp_path, monkeypatch):
    init_shop(tmp_path / "shop", ShopSettings())
    shop = Shop.open(tmp_path / "shop")
    path = tmp_path / "a.csv"
    path.write_text("order_id,order_date,customer_id,total\n1,2024-01-05,ann,2.50\n2,2024-01-07,ann,2.50\n")
    noon_of_the_seventh = int(dt.datetime(2024, 1, 7, 12, tzinfo=dt.UTC).timestamp() * 1_000_000)
    monkeypatch.setattr(imports, "now_us", lambda: noon_of_the_seventh)
    import_files(shop, [path])
    with shop.store() as store:
        assert date_of(store.last_full_day()) == dt.date(2024, 1, 6)
    monkeypatch.undo()
    import_files(shop, [path])  # the same lines, but the day is over now
    with shop.store() as store:
        assert date_of(store.last_full_day()) == dt.date(2024, 1, 7)


@pytest.mark.data
def test_the_last_day_of_online_retail_ends_at_noon(data_dir):
    import pyarrow.parquet as pq

    lines = pq.read_table(data_dir / "online_retail" / "online_retail.parquet")
    shop = Shop.from_frame(lines.slice(len(lines) - 50_000), source="online-retail")
    with shop.store() as store:
        assert date_of(store.day_range()[1]) == dt.date(2011, 12, 9)
        assert date_of(usual_day(shop, store)) == dt.date(2011, 12, 8)
        assert left_out_day(shop, store, usual_day(shop, store))[0]["values"]["last_hour"] == 12
