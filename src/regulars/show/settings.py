"""Settings as text, in the form of ``regulars.toml``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def settings_text(settings: Mapping[str, Mapping[str, Any]]) -> str:
    """Every setting with its value, section by section; what is printed can be put into ``regulars.toml``.

    >>> print(settings_text({"run": {"seed": 0}, "profile": {"roles": {"visit": ["touch"]}}}))
    [run]
    seed = 0
    <BLANKLINE>
    [profile]
    <BLANKLINE>
    [profile.roles]
    visit = ["touch"]
    """
    blocks = []
    for section, values in settings.items():
        plain = {name: value for name, value in values.items() if not isinstance(value, Mapping)}
        blocks.append([f"[{section}]", *_lines(plain)])
        tables = {name: value for name, value in values.items() if isinstance(value, Mapping)}
        blocks += [[f"[{section}.{name}]", *_lines(table)] for name, table in tables.items()]
    return "\n\n".join("\n".join(block) for block in blocks)


def _lines(values: Mapping[str, Any]) -> list[str]:
    # JSON's numbers, texts, lists and booleans are TOML's.
    return [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in values.items()]
