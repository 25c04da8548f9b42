import pytest
from rich.cells import cell_len

from regulars.show.summary import WIDTH, summary


@pytest.mark.parametrize("language", ["en", "zh"])
def test_fits_one_screen(made_up, language):
    text = summary(made_up.facts, made_up.tables, language)
    lines = text.splitlines()
    assert len(lines) <= 24 and max(map(cell_len, lines)) <= WIDTH
    assert "{" not in text and "Harbour & Hearth" in lines[0]


def test_says_who_what_and_how_sure(made_up):
    text = " ".join(summary(made_up.facts, made_up.tables).split())
    for part in ("420 customers, of whom", "Stages: Visitor", "Expected margin of the next 365 days: £", "At risk:",
                 "Actions today:", "(assumed responses)", "By lever:", "First: ", "Checked at earlier days: Purchases"):  # fmt: skip
        assert part in text


def test_nothing_yet_says_what_to_type():
    assert "regulars import" in summary({}, {}) and "regulars import" in summary({}, {}, "zh")


def test_empty_tables_are_as_good_as_none(made_up):
    empty = {name: table.slice(0, 0) for name, table in made_up.tables.items()}
    assert "regulars import" in summary({}, empty)
