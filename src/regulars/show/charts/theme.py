"""How every chart looks: the palette, the fonts, and the frame of a spec."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from regulars.show.words import Words

Spec = dict[str, Any]
Row = Mapping[str, Any]

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif'


@dataclass(frozen=True)
class Palette:
    """Colours by what they mean; one accent, greys, and a warm tone for what needs attention."""

    accent: str = "#0f6e6e"
    soft: str = "#9fcac6"
    warm: str = "#d98a3d"
    ink: str = "#1d2733"
    muted: str = "#66717f"
    line: str = "#e5e8ec"
    paper: str = "#ffffff"
    stages: Mapping[str, str] = field(
        default_factory=lambda: {
            "visitor": "#d5dbe1",
            "registered": "#b9c2cc",
            "new": "#a9d8cf",
            "active": "#55b0a4",
            "loyal": "#0f6e6e",
            "at_risk": "#e2a35c",
            "reactivated": "#7d9fd0",
            "churned": "#8b95a1",
            "unseen": "#e5e8ec",
        }
    )


PAPER = Palette()

# On the page colours are names that the style sheet explains, once for light and once for dark.
PAGE = Palette(
    **{name: f"var(--{name})" for name in ("accent", "soft", "warm", "ink", "muted", "line", "paper")},
    stages={name: f"var(--stage-{name.replace('_', '-')})" for name in PAPER.stages},
)


def spec(words: Words, palette: Palette, description: str, height: int, **parts: Any) -> Spec:
    """A whole chart: the given parts in the house's frame, as wide as its container."""
    return {
        "$schema": SCHEMA,
        "description": description,
        "width": "container",
        "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"},
        **parts,
        "config": _config(words, palette),
    }


def data(rows: Sequence[Row]) -> Spec:
    """Rows inside the spec, with floats cut to six digits: a picture needs no more."""
    return {"values": [{key: _short(value) for key, value in row.items()} for row in rows]}


def _short(value: Any) -> Any:
    return float(f"{value:.6g}") if isinstance(value, float) else value


def axis(title: str | None = None, **parts: Any) -> Spec:
    """An axis with its title."""
    return {"title": title, **parts}


def _config(words: Words, palette: Palette) -> Spec:
    return {
        "background": None,
        "font": FONT,
        "view": {"stroke": None},
        "locale": {
            "number": {
                "decimal": ".",
                "thousands": words.separator,
                "grouping": [3],
                "currency": [words.money_sign, ""],
            }
        },
        "axis": {
            "domain": False,
            "ticks": False,
            "gridColor": palette.line,
            "domainColor": palette.line,
            "labelColor": palette.muted,
            "titleColor": palette.muted,
            "labelFontSize": 12,
            "titleFontSize": 12,
            "titleFontWeight": "normal",
            "labelPadding": 6,
            "titlePadding": 8,
        },
        "axisX": {"grid": False, "labelAngle": 0, "labelOverlap": "parity", "labelSeparation": 6},
        "axisY": {"tickCount": 5},
        "text": {"color": palette.ink, "fontSize": 12},
        "legend": {"labelColor": palette.muted, "title": None, "orient": "top", "labelFontSize": 12},
    }
