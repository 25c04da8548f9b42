"""What actions are expected to bring, by lever."""

from __future__ import annotations

from collections.abc import Sequence

from regulars.show.charts.theme import PAPER, Palette, Row, Spec, axis, data, spec
from regulars.show.words import Words


def gain_bars(rows: Sequence[Row], words: Words, palette: Palette = PAPER, *, description: str = "") -> Spec:
    """Expected gain by lever with its interval.

    ``rows``: label (the lever's name, in order), gain, low, high (money), actions (count).
    """
    x = {"type": "quantitative", "axis": axis(format="$,.0f", grid=True, tickCount=5)}
    y = {"field": "label", "type": "ordinal", "sort": None, "axis": axis(labelLimit=130)}
    tooltip = [
        {"field": "label", "title": words("actions.lever")},
        {"field": "actions", "title": words("actions.count"), "format": ",d"},
        {"field": "gain", "title": words("actions.gain"), "format": "$,.0f"},
    ]
    bars: Spec = {
        "mark": {
            "type": "bar",
            "color": palette.accent,
            "fillOpacity": 0.85,
            "height": 18,
            "cornerRadiusEnd": 3,
        },
        "encoding": {"x": {"field": "gain", **x}, "y": y, "tooltip": tooltip},
    }
    whiskers: Spec = {
        "mark": {"type": "rule", "color": palette.ink, "strokeWidth": 1.5},
        "encoding": {"x": {"field": "low", **x}, "x2": {"field": "high"}, "y": y},
    }
    return spec(
        words, palette, description, max(180, 40 * len(rows) + 30), data=data(rows), layer=[bars, whiskers]
    )
