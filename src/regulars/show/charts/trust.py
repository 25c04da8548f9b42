"""Predictions against what happened."""

from __future__ import annotations

from collections.abc import Sequence

from regulars.show.charts.theme import PAPER, Palette, Row, Spec, axis, data, spec
from regulars.show.words import Words


def calibration(
    rows: Sequence[Row], words: Words, palette: Palette = PAPER, *, format: str, description: str = "",
    legend: bool = True,
) -> Spec:  # fmt: skip
    """Predicted against observed, by tenth of the prediction, one line per cut-off day.

    ``rows``: cutoff (label, in order), decile, predicted, observed, customers; ``format``: d3 format.
    """
    cutoffs = list(dict.fromkeys(row["cutoff"] for row in rows))
    tones = [palette.soft, palette.accent][-len(cutoffs) :] if len(cutoffs) <= 2 else None
    top = max(max(row["predicted"], row["observed"]) for row in rows) or 1.0
    scale = {"domain": [0, top], "nice": True}
    x: Spec = {"field": "predicted", "type": "quantitative", "scale": scale, "axis": axis(words("trust.axis_predicted"), format=format, grid=True, tickCount=5)}  # fmt: skip
    y: Spec = {"field": "observed", "type": "quantitative", "scale": scale, "axis": axis(words("trust.axis_observed"), format=format)}  # fmt: skip
    colour = {
        "field": "cutoff",
        "type": "nominal",
        "sort": cutoffs,
        "legend": {} if legend else None,
        "scale": {"domain": cutoffs, "range": tones} if tones else {"domain": cutoffs},
    }
    line = {"data": data([{"predicted": 0, "observed": 0}, {"predicted": top, "observed": top}]),
            "mark": {"type": "line", "color": palette.muted, "strokeDash": [3, 4], "strokeWidth": 1},
            "encoding": {"x": x, "y": y}}  # fmt: skip
    points: Spec = {
        "data": data(rows),
        "mark": {"type": "line", "strokeWidth": 1.5, "point": {"size": 56, "filled": True, "opacity": 1}},
        "encoding": {
            "x": x,
            "y": y,
            "color": colour,
            "order": {"field": "decile", "type": "quantitative"},
            "tooltip": [
                {"field": "cutoff", "title": words("trust.cutoff")},
                {"field": "decile", "title": words("trust.decile")},
                {"field": "predicted", "title": words("trust.predicted"), "format": format},
                {"field": "observed", "title": words("trust.observed"), "format": format},
                {"field": "customers", "title": words("report.customers"), "format": ",d"},
            ],
        },
    }
    return spec(words, palette, description, 300, layer=[line, points])


def bias_dots(
    rows: Sequence[Row], models: dict[str, str], words: Words, palette: Palette = PAPER, *,
    description: str = "", legend: bool = True,
) -> Spec:  # fmt: skip
    """Signed bias of the total by target and cut-off day, ours beside the naive rate.

    ``rows``: label (target and day, in order), model (its name), value, low, high (relative; low and high
    may be null); ``models``: name -> colour.
    """
    reach = max(
        0.1,
        *(abs(part) for row in rows for part in (row["value"], row["low"], row["high"]) if part is not None),
    )
    x = {
        "type": "quantitative",
        "scale": {"domain": [-reach, reach], "nice": True},
        "axis": axis(format="+.0%", grid=True, tickCount=5),
    }
    y = {"field": "label", "type": "ordinal", "sort": None, "axis": axis(labelLimit=170)}
    colour = {
        "field": "model",
        "type": "nominal",
        "legend": {} if legend else None,
        "scale": {"domain": list(models), "range": list(models.values())},
    }
    zero = {
        "data": data([{"value": 0}]),
        "mark": {"type": "rule", "color": palette.muted, "strokeWidth": 1},
        "encoding": {"x": {"field": "value", **x}},
    }
    spread = {
        "data": data([row for row in rows if row["low"] is not None]),
        "mark": {"type": "rule", "strokeWidth": 1.5},
        "encoding": {"x": {"field": "low", **x}, "x2": {"field": "high"}, "y": y, "color": colour},
    }
    dots = {"data": data(rows), "mark": {"type": "point", "filled": True, "size": 90, "opacity": 1},
            "encoding": {"x": {"field": "value", **x}, "y": y, "color": colour,
                         "tooltip": [{"field": "label", "title": " "}, {"field": "model", "title": words("trust.model")},
                                     {"field": "value", "title": words("trust.bias"), "format": "+.1%"}]}}  # fmt: skip
    height = max(300, 34 * len({row["label"] for row in rows}) + 30)
    return spec(words, palette, description, height, layer=[zero, spread, dots])
