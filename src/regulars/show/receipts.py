"""The receipt of an erasure as text: what went, and what is left to do by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regulars.show.words import Words


def receipt_text(receipt: Mapping[str, Any], *, shop: str, language: str = "en") -> str:
    """A receipt (the fields of ``pipeline.erase.Receipt``) in lines that can be sent to the person.

    ``shop`` stands in the command to type next.
    """
    words = Words(language, separator=",", minus="-")
    lines = [words("erase.done", count=receipt["person_count"], at=receipt["erased_at"])]
    lines += [words("erase.rows", table=name, count=count) for name, count in receipt["rows"].items()]
    lines += [words("erase.rows", table=name, count=count) for name, count in receipt["results"].items()]
    lines += [words("erase.file", name=name) for name in receipt["files"]]
    if not (receipt["rows"] or receipt["results"]):
        lines.append(words("erase.nothing"))
    lines.append(words("erase.kept_out"))
    lines += [words("erase.exported", **one) for one in receipt["exported"]]
    lines += [words("erase.elsewhere", name=name) for name in receipt["elsewhere"]]
    lines.append(words("erase.backups"))
    if receipt["path"]:
        lines.append(words("erase.receipt", path=receipt["path"]))
    if receipt["rows"] or receipt["results"]:
        lines.append(words("erase.next", shop=shop))
    return "\n".join(lines)
