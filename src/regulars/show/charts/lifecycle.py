"""Pictures of the lifecycle: stages over time, and who moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from regulars.show.charts.theme import PAPER, Palette, Row, Spec, axis, data, spec
from regulars.show.words import Words

RIBBON_STEPS = 16
LETTER_WIDTH = 6.7
"""Mean width in pixels of a letter of 12 pixels."""

GAP_SHARE = 0.05
"""Space between two stages of the flow picture, as a share of its height."""


def stage_history(
    rows: Sequence[Row], words: Words, palette: Palette = PAPER, *, description: str = "", legend: bool = True
) -> Spec:
    """Stacked areas: customers in each stage at the end of each month.

    ``rows``: month (its name, in order), stage (code), order (place in the life), customers.
    """
    stages = list(dict.fromkeys(row["stage"] for row in sorted(rows, key=lambda row: row["order"])))
    points = [{**row, "label": words.label("stages", row["stage"])} for row in rows]
    colour = {
        "field": "label",
        "type": "nominal",
        "scale": {
            "domain": [words.label("stages", stage) for stage in stages],
            "range": [palette.stages[stage] for stage in stages],
        },
        "legend": {"columns": 4} if legend else None,
    }
    return spec(
        words,
        palette,
        description,
        300,
        data=data(points),
        mark={"type": "area", "interpolate": "monotone", "stroke": palette.paper, "strokeWidth": 0.75},
        encoding={
            "x": {
                "field": "month",
                "type": "ordinal",
                "sort": None,
                "axis": axis(labelFlush=True),
                "scale": {"padding": 0},
            },
            "y": {"field": "customers", "type": "quantitative", "stack": "zero", "axis": axis(format=",d")},
            "color": colour,
            "order": {"field": "order", "type": "quantitative", "sort": "descending"},
            "tooltip": [
                {"field": "label", "title": words("report.stage")},
                {"field": "month", "title": words("report.month")},
                {"field": "customers", "title": words("report.customers"), "format": ",d"},
            ],
        },
    )


@dataclass(frozen=True)
class _Node:
    """One stage on one side of the flow picture: where its bar begins, and its height."""

    stage: str
    top: float
    height: float

    @property
    def middle(self) -> float:
        return self.top + self.height / 2


def stage_flows(
    flows: Sequence[tuple[str, str, int]], order: Sequence[str], words: Words, palette: Palette = PAPER, *,
    description: str = "",
) -> Spec:  # fmt: skip
    """Ribbons from the stage left to the stage entered, as thick as customers moved.

    ``flows``: from_stage, to_stage, customers; ``order``: the stages from top to bottom.
    """
    left = _nodes(flows, order, 0)
    right = _nodes(flows, order, 1)
    ribbons = _ribbons(flows, order, left, right, words)
    bars = [{"x": 0, "x2": 0.018, **_bar(node)} for node in left.values()]
    bars += [{"x": 0.982, "x2": 1, **_bar(node)} for node in right.values()]
    entering, leaving = _labels(left, 0, flows, words), _labels(right, 1, flows, words)
    x = _x_between([*entering, *leaving])
    return spec(
        words,
        palette,
        description,
        300,
        layer=[
            _ribbon_layer(ribbons, x, order, palette),
            _bar_layer(bars, x, order, palette),
            _label_layer(entering, x, "right", -8, palette),
            _label_layer(leaving, x, "left", 8, palette),
        ],
    )


def _nodes(flows: Sequence[tuple[str, str, int]], order: Sequence[str], side: int) -> dict[str, _Node]:
    """The stages of one side, stacked with gaps and centred on a height of one."""
    moved = sum(flow[2] for flow in flows)
    sums = {stage: sum(flow[2] for flow in flows if flow[side] == stage) for stage in order}
    present = [stage for stage in order if sums[stage]]
    room = 1 - GAP_SHARE * (len(order) - 1)
    top = (1 - room - GAP_SHARE * (len(present) - 1)) / 2
    nodes = {}
    for stage in present:
        height = room * sums[stage] / moved
        nodes[stage] = _Node(stage, top, height)
        top += height + GAP_SHARE
    return nodes


def _ribbons(
    flows: Sequence[tuple[str, str, int]], order: Sequence[str], left: dict[str, _Node],
    right: dict[str, _Node], words: Words,
) -> list[Row]:  # fmt: skip
    """Points along each ribbon's two edges, on a smooth step from left to right."""
    room = 1 - GAP_SHARE * (len(order) - 1)
    moved = sum(flow[2] for flow in flows)
    start = {stage: node.top for stage, node in left.items()}
    end = {stage: node.top for stage, node in right.items()}
    points: list[Row] = []
    ranked = sorted(flows, key=lambda flow: (order.index(flow[0]), order.index(flow[1])))
    for from_stage, to_stage, customers in ranked:
        height = room * customers / moved
        flow = f"{words.label('stages', from_stage)} → {words.label('stages', to_stage)}"
        for step in range(RIBBON_STEPS + 1):
            t = step / RIBBON_STEPS
            smooth = t * t * (3 - 2 * t)
            y = start[from_stage] + (end[to_stage] - start[from_stage]) * smooth
            points.append(
                {"flow": flow, "stage": from_stage, "customers": customers, "x": 0.018 + 0.964 * t, "y": y, "y2": y + height}
            )  # fmt: skip
        start[from_stage] += height
        end[to_stage] += height
    return points


def _bar(node: _Node) -> Row:
    return {"stage": node.stage, "y": node.top, "y2": node.top + node.height}


def _labels(
    nodes: dict[str, _Node], side: int, flows: Sequence[tuple[str, str, int]], words: Words
) -> list[Row]:
    """Name and count beside each bar."""
    sums = {stage: sum(flow[2] for flow in flows if flow[side] == stage) for stage in nodes}
    return [
        {
            "x": side,
            "y": node.middle,
            "text": f"{words.label('stages', node.stage)} {words.count(sums[node.stage])}",
        }
        for node in nodes.values()
    ]


_Y = {"type": "quantitative", "axis": None, "scale": {"domain": [0, 1], "reverse": True, "nice": False}}


def _x_between(labels: Sequence[Row]) -> Spec:
    """The horizontal scale, with room on both sides for the longest label."""
    room = round(16 + LETTER_WIDTH * max(cell_len(label["text"]) for label in labels))
    scale = {"domain": [0, 1], "range": [room, {"expr": f"width - {room}"}], "nice": False}
    return {"type": "quantitative", "axis": None, "scale": scale}


def _stage_colour(order: Sequence[str], palette: Palette) -> Spec:
    return {
        "field": "stage",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": list(order), "range": [palette.stages[stage] for stage in order]},
    }


def _ribbon_layer(points: Sequence[Row], x: Spec, order: Sequence[str], palette: Palette) -> Spec:
    return {
        "data": data(points),
        "mark": {"type": "area", "opacity": 0.5},
        "encoding": {
            "x": {"field": "x", **x},
            "y": {"field": "y", **_Y},
            "y2": {"field": "y2"},
            "detail": {"field": "flow"},
            "color": _stage_colour(order, palette),
            "tooltip": [
                {"field": "flow", "title": " "},
                {"field": "customers", "title": " ", "format": ",d"},
            ],
        },
    }


def _bar_layer(bars: Sequence[Row], x: Spec, order: Sequence[str], palette: Palette) -> Spec:
    return {
        "data": data(bars),
        "mark": {"type": "rect", "cornerRadius": 2},
        "encoding": {
            "x": {"field": "x", **x},
            "x2": {"field": "x2"},
            "y": {"field": "y", **_Y},
            "y2": {"field": "y2"},
            "color": _stage_colour(order, palette),
        },
    }


def _label_layer(labels: Sequence[Row], x: Spec, align: str, dx: int, palette: Palette) -> Spec:
    return {
        "data": data(labels),
        "mark": {"type": "text", "align": align, "dx": dx, "baseline": "middle", "color": palette.ink},
        "encoding": {"x": {"field": "x", **x}, "y": {"field": "y", **_Y}, "text": {"field": "text"}},
    }
