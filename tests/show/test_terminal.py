import io
import re

import pyarrow as pa
import pytest
from rich.cells import cell_len

from regulars.schema import TABLES
from regulars.show.terminal import print_table

ROWS = pa.table(
    {
        "customer_id": ["anna", "[red]bo[/red]", "陈"],
        "stage": ["at_risk", "loyal", None],
        "days_since_last_purchase": pa.array([97, 3, None], pa.int64()),
        "churn_probability": [0.42, 0.031, None],
        "clv": [1234.5, 7.25, -3.0],
        "item_ids": [["I1", "I2"], [], None],
        "assumed": [True, False, None],
    }
)


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def printed(table=ROWS, limit=20, file=None, **options) -> str:
    out = file or io.StringIO()
    print_table(table, limit, file=out, **options)
    return out.getvalue()


def test_plain_text_where_nobody_looks():
    text = printed(currency="GBP", clv_days=365)
    assert "\x1b" not in text
    head, rule, first, second, third = text.splitlines()
    assert (
        "Margin, next 365 days (GBP)" in head
        and "Days since last purchase" in head
        and set(rule) == {"-", " "}
    )
    assert "[red]bo[/red]" in second
    # Amounts end in the same column, and so do their points.
    column = head.index("Margin, next 365 days (GBP)") + len("Margin, next 365 days (GBP)")
    assert [line[:column].split()[-1] for line in (first, second)] == ["1,234.50", "7.25"]
    assert "42%" in first and "At risk" in first and "I1, I2" in first and "yes" in first
    assert cell_len(third) <= cell_len(head)


def test_limit_says_how_many_more():
    assert printed(limit=1).splitlines()[-1] == "... 2 more; --limit 3 shows all"
    assert "more" not in printed(limit=None)


def test_an_empty_table_says_so():
    assert printed(ROWS.slice(0, 0)).splitlines()[-1] == "no rows"
    assert printed(ROWS.slice(0, 0), language="zh").splitlines()[-1] == "没有行"


@pytest.mark.parametrize("name", ["customer_features", "customer_scores", "actions", "runs"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_result_table_prints(name, language):
    text = printed(TABLES[name].arrow_schema().empty_table(), name=name, language=language)
    assert len(text.splitlines()) == 3


def test_a_terminal_leaves_out_what_does_not_fit_and_says_so(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    text = printed(file=Screen())
    lines = re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()
    assert max(map(cell_len, lines)) <= 60
    assert lines[-1].endswith("more columns: --format csv shows all")
    assert "[red]bo[/red]" in text


def test_no_cell_breaks_a_line():
    text = printed(pa.table({"title": ["two\nlines\tand tabs"]}))
    assert text.splitlines()[-1] == "two lines and tabs"


def test_reasons_are_sentences(made_up):
    text = printed(made_up.tables["actions"], limit=3, name="actions", currency="GBP")
    assert "churn_probability" not in text and "Has ordered once: last order" in text
