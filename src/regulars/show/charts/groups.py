"""The RFM map: a grid of five by five, with a circle in each field."""

from __future__ import annotations

from collections.abc import Sequence

from regulars.show.charts.theme import PAPER, Palette, Row, Spec, axis, data, spec
from regulars.show.words import Words

HEIGHT = 490


def rfm_map(rows: Sequence[Row], words: Words, palette: Palette = PAPER, *, description: str = "") -> Spec:
    """Recency to the right, frequency upward; a circle's area is customers, its tint what they spent.

    ``rows``: recency and frequency (1-5), customers, mean_value (money), group (its name, as lines).
    """
    scores = [1, 2, 3, 4, 5]
    largest = max(row["customers"] for row in rows)
    richest = max(row["mean_value"] for row in rows) or 1.0
    band = {"paddingInner": 0.05, "paddingOuter": 0.02}
    x = {
        "field": "recency",
        "type": "ordinal",
        "scale": {"domain": scores, **band},
        "axis": axis(words("groups.axis_recency")),
    }
    y = {
        "field": "frequency",
        "type": "ordinal",
        "scale": {"domain": scores[::-1], **band},
        "axis": axis(words("groups.axis_frequency")),
    }
    fields = [{"recency": r, "frequency": f} for r in scores for f in scores]
    # The largest circle just fits a field, whatever the width.
    size = {"expr": f"0.22 * PI / 4 * pow(min(width, {HEIGHT}) / 5, 2)"}
    return spec(
        words,
        palette,
        description,
        HEIGHT,
        encoding={"x": x, "y": y},
        layer=[
            {"data": data(fields), "mark": {"type": "rect", "color": palette.line, "fillOpacity": 0.45, "cornerRadius": 6}},
            _circles(rows, largest, richest, size, words, palette),
            _names(rows, palette),
            _counts(rows, palette),
        ],
    )  # fmt: skip


def _circles(
    rows: Sequence[Row], largest: int, richest: float, size: Spec, words: Words, palette: Palette
) -> Spec:
    return {
        "data": data([{**row, "name": " ".join(row["group"])} for row in rows]),
        "mark": {"type": "point", "yOffset": 5, "filled": True, "color": palette.accent, "opacity": 1, "stroke": palette.accent, "strokeWidth": 1},
        "encoding": {
            "size": {
                "field": "customers",
                "type": "quantitative",
                "legend": None,
                "scale": {"domain": [0, largest], "range": [0, size]},
            },
            "fillOpacity": {
                "field": "mean_value",
                "type": "quantitative",
                "legend": None,
                "scale": {"type": "sqrt", "domain": [0, richest], "range": [0.08, 1]},
            },
            "tooltip": [
                {"field": "name", "title": words("groups.group")},
                {"field": "customers", "title": words("report.customers"), "format": ",d"},
                {"field": "mean_value", "title": words("groups.mean_value"), "format": "$,.0f"},
            ],
        },
    }  # fmt: skip


def _names(rows: Sequence[Row], palette: Palette) -> Spec:
    """Names at the top of a field; where a field is too narrow the table beside it says them."""
    return {
        "data": data(rows),
        "mark": {"type": "text", "baseline": "top", "dy": -40, "fontSize": 11, "color": palette.muted},
        "encoding": {
            "text": {"field": "group"},
            "opacity": {"condition": {"test": "width < 330", "value": 0}, "value": 1},
        },
    }


def _counts(rows: Sequence[Row], palette: Palette) -> Spec:
    return {
        "data": data(rows),
        "mark": {"type": "text", "baseline": "bottom", "dy": 41, "fontSize": 11, "color": palette.ink},
        "encoding": {"text": {"field": "customers", "type": "quantitative", "format": ",d"}},
    }
