"""Bars by month: what was sold, and who bought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from regulars.show.charts.theme import PAPER, Palette, Row, Spec, axis, data, spec
from regulars.show.words import Words


def month_bars(
    rows: Sequence[Row], kinds: Mapping[str, str], words: Words, palette: Palette = PAPER, *, format: str,
    description: str = "", legend: bool = True,
) -> Spec:  # fmt: skip
    """Stacked bars, one per month.

    ``rows``: month (label, in order), kind, amount; ``kinds``: kind -> colour, from the bottom up;
    ``format``: d3 format of the amount.
    """
    order = {kind: place for place, kind in enumerate(kinds)}
    return spec(
        words,
        palette,
        description,
        220,
        data=data([{**row, "order": order[row["kind"]]} for row in rows]),
        mark={"type": "bar", "cornerRadiusEnd": 2},
        encoding={
            "x": {
                "field": "month",
                "type": "ordinal",
                "sort": None,
                "axis": axis(),
                "scale": {"paddingInner": 0.25, "paddingOuter": 0.1},
            },
            "y": {"field": "amount", "type": "quantitative", "axis": axis(format=format)},
            "color": {
                "field": "kind",
                "type": "nominal",
                "scale": {"domain": list(kinds), "range": list(kinds.values())},
                "legend": {} if legend else None,
            },
            "order": {"field": "order", "type": "quantitative"},
            "tooltip": [
                {"field": "month", "title": words("report.month")},
                {"field": "kind", "title": " "},
                {"field": "amount", "title": " ", "format": format},
            ],
        },
    )
