"""Files into the store, and rejected lines back out of quarantine."""

import pytest

from regulars.config import Shop as ShopSettings
from regulars.errors import ConfigError, MappingError, RegularsError
from regulars.pipeline.imports import import_files, replay_rejected
from regulars.pipeline.run import run
from regulars.pipeline.shop import Shop, init_shop
from regulars.pipeline.views import view
from regulars.store.landing import OPEN_IMPORT

HEADER = "order_id,order_date,customer_id,item_id,quantity,unit_price,currency"


@pytest.fixture
def empty(tmp_path):
    init_shop(tmp_path / "shop", ShopSettings())
    return Shop.open(tmp_path / "shop")


def write(tmp_path, name, *lines):
    path = tmp_path / name
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return path


def test_every_line_is_accounted_for(exports, shop):
    before = {}
    for export in exports.files:
        (report,) = import_files(shop, [export.path], source=export.source)
        before[export.source] = report
        assert report.read == report.stored + report.duplicate + report.rejected
        if export.source in ("orders", "events", "costs"):
            assert report.stored == 0, "the fixture has imported it before"
    assert before["orders"].rejected > 0


def test_the_same_file_again_stores_nothing(empty, tmp_path):
    path = write(tmp_path, "a.csv", "1,2024-01-05,ann,tea,1,2.50,GBP", "1,2024-01-05,ann,tea,1,2.50,GBP")
    first, second = (import_files(empty, [path])[0] for _ in range(2))
    assert (first.stored, second.stored, second.duplicate) == (2, 0, 2)


def test_rejected_lines_are_replayed_after_the_mapping_is_mended(empty, tmp_path):
    path = write(tmp_path, "a.csv", "1,2024-01-05,ann,tea,1,2.50,GBP", "2,2024-01-06,ann,tea,1,2.50,EUR")
    (report,) = import_files(empty, [path])
    assert report.rejected_codes == {"bad_currency": 1}
    assert view(empty, "rejected").num_rows == 1
    (replayed,) = replay_rejected(empty, mapping={"currency": "=GBP"})
    assert (replayed.read, replayed.stored) == (1, 1)
    assert view(empty, "rejected").num_rows == 0
    with empty.store() as store:
        assert store.one("SELECT count(*), sum(value) FROM events") == (2, 50_000)


def test_lines_that_are_rejected_again_stay(empty, tmp_path):
    path = write(tmp_path, "a.csv", "1,2024-01-05,ann,tea,1,2.50,GBP", "2,whenever,ann,tea,1,2.50,GBP")
    import_files(empty, [path])
    (replayed,) = replay_rejected(empty)
    assert replayed.rejected == 1
    assert view(empty, "rejected").num_rows == 1


def test_a_wrong_file_among_many_changes_nothing(empty, tmp_path):
    good = write(tmp_path, "a.csv", "1,2024-01-05,ann,tea,1,2.50,GBP")
    bad = tmp_path / "b.csv"
    bad.write_text("colour,size\nred,3\n")
    with pytest.raises(MappingError):
        import_files(empty, [good, bad])
    with empty.store() as store:
        assert store.day_range() is None


def test_what_landed_before_a_stop_is_whole(empty, tmp_path):
    first = write(tmp_path, "a.csv", "1,2024-01-05,ann,tea,1,2.50,GBP")
    second = write(tmp_path, "b.csv", "2,2024-03-05,ann,tea,1,2.50,GBP")
    third = write(tmp_path, "c.csv", "3,2024-04-05,ann,tea,1,2.50,GBP")
    import_files(empty, [first])

    def stop(plan):
        if plan.file == third.name:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_files(empty, [second, third], show_plan=stop)
    assert str(run(empty).as_of) == "2024-03-05"


def test_of_two_rows_of_one_item_the_later_wins_cell_by_cell(empty, tmp_path):
    path = tmp_path / "items.csv"
    path.write_text("item_id,title,category\ntea,Old tea,drinks\npot,Pot,\ntea,Tea,\n", encoding="utf-8")
    import_files(empty, [path], source="items")
    with empty.store() as store:
        assert store.one("SELECT title, category FROM items WHERE item_id = 'tea'") == ("Tea", "drinks")


def test_the_currency_cannot_change_under_the_data(empty, tmp_path):
    import_files(empty, [write(tmp_path, "a.csv", "1,2024-01-05,ann,tea,1,2.50,GBP")])
    settings = empty.folder / "regulars.toml"
    settings.write_text(settings.read_text().replace('"GBP"', '"EUR"'))
    with pytest.raises(ConfigError, match="stored with GBP"), Shop.open(empty.folder).store():
        pass


def test_an_email_address_never_reaches_the_store(empty, tmp_path):
    path = write(
        tmp_path,
        "a.csv",
        "1,2024-01-05,Ann@Example.com,tea,1,2.50,GBP",
        "2,never,ann@example.com,tea,1,2.50,GBP",
    )
    import_files(empty, [path])
    assert b"xample.com" not in (empty.folder / "store.duckdb").read_bytes()


def test_a_shop_in_memory_from_a_frame():
    import pandas as pd

    frame = pd.DataFrame(
        {
            "order_id": [1, 2],
            "order_date": ["2024-01-05", "2024-02-05"],
            "customer_id": ["a", "a"],
            "total": [5.0, 7.5],
        }
    )
    with Shop.from_frame(frame).store() as store:
        assert store.one("SELECT count(*), sum(value) FROM events") == (2, 125_000)


def test_no_error_is_a_traceback(empty, tmp_path):
    with pytest.raises(RegularsError):
        import_files(empty, [tmp_path / "nothing.csv"])


def test_an_import_that_was_killed_after_its_lines_had_landed_is_finished_by_the_next_run(tmp_path):
    folder = tmp_path / "shop"
    init_shop(folder, ShopSettings())
    shop = Shop.open(folder)
    for month in (1, 2):
        path = tmp_path / f"{month}.csv"
        days = "".join(f"{month}-{d},2025-0{month}-{d:02d} 20:00,c{d % 5},10.00\n" for d in range(1, 28))
        path.write_text("order_id,order_date,customer_id,value\n" + days)
    import_files(shop, [tmp_path / "1.csv"])
    with shop.store() as store:
        before = store.last_full_day()
        assert store.meta(OPEN_IMPORT) is None
    import_files(shop, [tmp_path / "2.csv"])
    with shop.store() as store:  # as SIGKILL leaves it
        store.set_last_full_day(before)
        store.set_meta(OPEN_IMPORT, "000002")
    assert str(run(shop).as_of) == "2025-02-27"
