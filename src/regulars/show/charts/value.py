"""Pictures of lifetime value: how it is spread, and how few carry it."""

from __future__ import annotations

from collections.abc import Sequence

from regulars.show.charts.theme import PAPER, Palette, Row, Spec, axis, data, spec
from regulars.show.words import Words


def value_histogram(
    rows: Sequence[Row], words: Words, palette: Palette = PAPER, *, description: str = ""
) -> Spec:
    """Customers by expected margin on a logarithmic scale.

    ``rows``: low and high (money, bounds of the class, all above 0), customers, total (money).
    """
    low, high = min(row["low"] for row in rows), max(row["high"] for row in rows)
    ticks = [10.0**power for power in range(-2, 13) if low <= 10.0**power <= high]
    return spec(
        words,
        palette,
        description,
        260,
        data=data(rows),
        mark={"type": "rect", "color": palette.accent, "cornerRadius": 2, "stroke": palette.paper, "strokeWidth": 1.5},
        encoding={
            "x": {
                "field": "low",
                "type": "quantitative",
                "scale": {"type": "log", "domain": [low, high], "nice": False},
                "axis": axis(words("value.axis_value"), values=ticks, format="$,~r"),
            },
            "x2": {"field": "high"},
            "y": {"field": "customers", "type": "quantitative", "axis": axis(format=",d")},
            "y2": {"datum": 0},
            "tooltip": [
                {"field": "low", "title": words("value.from"), "format": "$,.2~f"},
                {"field": "high", "title": words("value.to"), "format": "$,.2~f"},
                {"field": "customers", "title": words("report.customers"), "format": ",d"},
                {"field": "total", "title": words("value.total"), "format": "$,.0f"},
            ],
        },
    )  # fmt: skip


def concentration(
    rows: Sequence[Row], tenth: float, words: Words, palette: Palette = PAPER, *, description: str = ""
) -> Spec:
    """The concentration curve: share of value held by the best share of customers.

    ``rows``: customers and value (both shares 0-1, from (0, 0) to (1, 1)); ``tenth``: the share of value
    that the best tenth of the customers hold.
    """
    x: Spec = {
        "field": "customers",
        "type": "quantitative",
        "scale": {"domain": [0, 1]},
        "axis": axis(words("value.axis_share_customers"), format="%", tickCount=5),
    }
    y: Spec = {
        "field": "value",
        "type": "quantitative",
        "scale": {"domain": [0, 1]},
        "axis": axis(format="%", tickCount=5),
    }
    mark = [
        {
            "customers": 0.1,
            "value": tenth,
            "text": words("value.concentration_mark", share=words.share(tenth)),
        }
    ]
    equal = [{"customers": 0, "value": 0}, {"customers": 1, "value": 1}]
    curve: Spec = {
        "data": data(rows),
        "mark": {"type": "area", "color": palette.accent, "fillOpacity": 0.14, "line": {"color": palette.accent, "strokeWidth": 2}},
        "encoding": {
            "x": x,
            "y": y,
            "tooltip": [
                {"field": "customers", "title": words("value.axis_share_customers"), "format": ".0%"},
                {"field": "value", "title": words("value.axis_share_value"), "format": ".1%"},
            ],
        },
    }  # fmt: skip
    straight: Spec = {
        "data": data(equal),
        "mark": {"type": "line", "color": palette.muted, "strokeDash": [3, 4], "strokeWidth": 1},
        "encoding": {"x": x, "y": y},
    }
    dot: Spec = {
        "data": data(mark),
        "mark": {"type": "point", "filled": True, "size": 80, "color": palette.accent, "opacity": 1},
        "encoding": {"x": x, "y": y},
    }
    # Under the curve there is always room to the right of the dot.
    text: Spec = {
        "data": data(mark),
        "mark": {"type": "text", "align": "left", "dx": 12, "dy": 14, "fontWeight": 600, "fontSize": 13, "color": palette.ink},
        "encoding": {"x": x, "y": y, "text": {"field": "text"}},
    }  # fmt: skip
    return spec(words, palette, description, 260, layer=[curve, straight, dot, text])
