"""Heat maps of cohorts: one row per first-order month, one column per month after it."""

from __future__ import annotations

from collections.abc import Sequence

from regulars.show.charts.theme import PAPER, Palette, Row, Spec, axis, data, spec
from regulars.show.words import Words

ROW_HEIGHT = 24
NARROW = 560
"""Below this width in pixels cells carry no numbers."""


def cohort_map(
    rows: Sequence[Row], words: Words, palette: Palette = PAPER, *, format: str, description: str = ""
) -> Spec:
    """A heat map whose tint is the value; the rows are first-order months.

    ``rows``: cohort (label, in order), later (months, whole), value (null where the month is not over),
    text (the value as people read it); ``format``: d3 format of the value in the tooltip.
    """
    cohorts = list(dict.fromkeys(row["cohort"] for row in rows))
    top = max((row["value"] for row in rows if row["value"] is not None), default=1.0) or 1.0
    x = {
        "field": "later",
        "type": "ordinal",
        "axis": axis(words("cohorts.axis_later"), orient="top", titlePadding=4),
    }
    y = {"field": "cohort", "type": "ordinal", "sort": cohorts, "axis": axis(labelLimit=140)}
    columns = len({row["later"] for row in rows})
    filled = [row for row in rows if row["value"] is not None]
    cells: Spec = {
        "mark": {"type": "rect", "color": palette.accent, "cornerRadius": 3, "stroke": palette.paper, "strokeWidth": 2},
        "encoding": {
            "fillOpacity": {
                "field": "value",
                "type": "quantitative",
                "legend": None,
                "scale": {"domain": [0, top], "range": [0.05, 1], "clamp": True},
            },
            "tooltip": [
                {"field": "cohort", "title": words("cohorts.cohort")},
                {"field": "later", "title": words("cohorts.axis_later")},
                {"field": "value", "title": " ", "format": format},
            ],
        },
    }  # fmt: skip
    numbers: Spec = {
        "mark": {"type": "text", "fontSize": 11},
        "encoding": {
            "text": {"field": "text"},
            "color": {
                "condition": {"test": f"datum.value > {0.55 * top:.6g}", "value": palette.paper},
                "value": palette.ink,
            },
            # A number that does not fit its cell is worse than none.
            "opacity": {"condition": {"test": f"width / {columns} < 34", "value": 0}, "value": 1},
        },
    }
    return spec(
        words,
        palette,
        description,
        max(60, ROW_HEIGHT * len(cohorts)),
        data=data(filled),
        encoding={"x": x, "y": y},
        layer=[cells, numbers],
    )
