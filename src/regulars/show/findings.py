"""Data quality as text: one sentence per finding, worst first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from regulars.show.words import Words

MARKS = {"warning": "!", "note": "-", "good": "+"}


def findings_text(findings: Sequence[Mapping[str, Any]], *, language: str = "en", currency: str = "") -> str:
    """The findings of ``insight.quality``: ``!`` is a warning, ``-`` worth knowing, ``+`` good.

    >>> print(findings_text([{"code": "no_refunds", "severity": "note", "values": {}}]))
    - The data hold no refunds: values may be too high.
    """
    words = Words(language, currency, separator=",", minus="-")
    return "\n".join(f"{MARKS[finding['severity']]} {words.finding(finding)}" for finding in findings)
