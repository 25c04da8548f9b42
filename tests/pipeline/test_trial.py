"""From files to the screen in one go."""

import datetime as dt
import random
from pathlib import Path

import pytest
from rich.cells import cell_len

from regulars.config import Shop as ShopSettings
from regulars.errors import FileError, MappingError, ShopError
from regulars.pipeline.report import summary_text
from regulars.pipeline.shop import init_shop
from regulars.pipeline.trial import plan_trial, trial_folder, try_files

HEADER = "order_id,order_date,customer_id,item_id,quantity,unit_price"


def write(path: Path, lines: list[str], header: str = HEADER) -> Path:
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def orders(count: int, customers: int, days: int, price: str = "{}.50") -> list[str]:
    draw = random.Random(5)
    start = dt.datetime(2025, 1, 1, 9)
    lines = []
    for number in range(count):
        when = start + dt.timedelta(days=draw.randrange(days), minutes=draw.randrange(600))
        who = draw.randrange(customers) if customers else number
        amount = price.format(draw.randrange(4, 60))
        lines.append(f"{number},{when:%Y-%m-%d %H:%M},c{who},i{draw.randrange(9)},1,{amount}")
    return lines


def tried(folder: Path, *paths: Path, shop: ShopSettings | None = None, language: str = "en"):
    trial = plan_trial(paths, folder)
    return try_files(trial, paths, shop or ShopSettings(name="Tea"), language=language)


SHOPS = {
    "typical": orders(900, 120, 400),
    "ten orders": orders(10, 4, 60),
    "nobody twice": orders(150, 0, 250),
    "one customer": orders(6, 1, 90),
}


@pytest.mark.parametrize("lines", SHOPS.values(), ids=SHOPS.keys())
def test_every_shop_ends_in_one_screen_in_both_languages(tmp_path, monkeypatch, lines):
    monkeypatch.chdir(tmp_path)
    shop, reports = tried(Path("orders-shop"), write(tmp_path / "orders.csv", lines))
    assert sum(report.stored for report in reports) == len(lines)
    assert (tmp_path / "orders-shop" / "report.html").is_file()
    for language in ("en", "zh"):
        for width in (80, 88):
            text = summary_text(shop, language=language, width=width, today=dt.date(2026, 12, 31))
            rows = text.splitlines()
            assert 8 <= len(rows) <= 25
            assert max(map(cell_len, rows)) <= width
            assert "{" not in text
            assert "orders-shop/report.html" in text


def test_a_history_too_short_to_check_is_said_and_no_command_that_must_fail(tmp_path):
    shop, _ = tried(tmp_path / "shop", write(tmp_path / "orders.csv", orders(10, 4, 60)))
    text = " ".join(summary_text(shop).split())
    assert "The history is too short to check" in text
    assert "regulars evaluate" not in text


def test_a_second_trial_updates_the_shop(tmp_path):
    path = write(tmp_path / "orders.csv", orders(200, 30, 200))
    folder = trial_folder([path])
    assert folder == tmp_path / "orders-shop"
    shop, _ = tried(folder, path)
    _, again = tried(folder, path)
    assert (again[0].stored, again[0].duplicate) == (0, 200)
    more = write(tmp_path / "more.csv", ["x1,2025-08-01 10:00,c1,i1,1,5.00"])
    _, added = tried(folder, more)
    assert added[0].stored == 1
    assert shop.settings.shop.name == "Tea"


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path):
    path = write(tmp_path / "orders.csv", orders(20, 5, 50))
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "cat.jpg").write_bytes(b"miaow")
    with pytest.raises(ShopError, match="something else"):
        plan_trial([path], folder)
    assert [one.name for one in folder.iterdir()] == ["cat.jpg"]


@pytest.mark.parametrize(
    ("lines", "header", "error"),
    [(None, HEADER, FileError), (["1,2"], "colour,weight", MappingError)],
)
def test_a_file_that_cannot_be_read_leaves_no_folder(tmp_path, lines, header, error):
    path = tmp_path / "orders.csv"
    if lines is not None:
        write(path, lines, header)
    with pytest.raises(error):
        plan_trial([path])
    assert not (tmp_path / "orders-shop").exists()


@pytest.mark.parametrize(
    ("price", "extra", "cell", "found"),
    [
        ("{}.50", ",currency", ",SEK", "SEK"),
        ("£{}.50", "", "", "GBP"),
        ("{},50 €", "", "", "EUR"),
        ("$ {}.50", "", "", "USD"),
        ("{}.50", "", "", None),
    ],
)
def test_the_currency_is_found_in_the_file(tmp_path, price, extra, cell, found):
    lines = [
        ",".join([*line.split(",")[:5], f'"{line.split(",", 5)[5]}"']) + cell
        for line in orders(50, 9, 60, price)
    ]
    trial = plan_trial([write(tmp_path / "orders.csv", lines, HEADER + extra)])
    assert trial.currency == found


def test_two_currencies_of_equal_weight_are_none(tmp_path):
    lines = [f"{line},{('EUR', 'GBP')[n % 2]}" for n, line in enumerate(orders(60, 9, 60))]
    assert plan_trial([write(tmp_path / "orders.csv", lines, HEADER + ",currency")]).currency is None


@pytest.mark.parametrize(("offset", "is_open"), [("", True), (" +0200", False), ("Z", False)])
def test_times_without_an_offset_are_open(tmp_path, offset, is_open):
    lines = [line.replace(",c", f"{offset},c", 1) for line in orders(30, 5, 60)]
    assert plan_trial([write(tmp_path / "orders.csv", lines)]).has_open_times == is_open


def test_days_alone_are_the_same_in_every_zone(tmp_path):
    lines = [
        ",".join([line.split(",")[0], line.split(",")[1][:10], *line.split(",")[2:]])
        for line in orders(30, 5, 60)
    ]
    assert not plan_trial([write(tmp_path / "orders.csv", lines)]).has_open_times


def test_files_of_several_kinds_in_any_order(tmp_path):
    path = write(tmp_path / "orders.csv", orders(100, 20, 150))
    items = write(
        tmp_path / "items.csv", [f"i{n},Tea {n},Tea,9.50" for n in range(9)], "item_id,title,category,price"
    )
    shop, reports = tried(tmp_path / "both", items, path)
    assert {report.source for report in reports} == {"items", "orders"}
    assert "Tea 1" in shop.result("item_features")["title"].to_pylist()


def test_offers_have_titles_in_the_language_of_the_trial(tmp_path):
    init_shop(tmp_path / "zh", ShopSettings(), language="zh")
    assert "我们为您留着这些" in (tmp_path / "zh" / "offers.toml").read_text(encoding="utf-8")
