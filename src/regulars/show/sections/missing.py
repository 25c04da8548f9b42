"""The sentence that stands where a table is missing: what is missing, and what to type."""

from __future__ import annotations

from regulars.show.blocks import Sentence
from regulars.show.words import Words


def missing(words: Words, table: str) -> Sentence:
    """One sentence for the table that a part of the page needs."""
    text = words("missing.any", table=words.label("tables", table))
    return Sentence(f"{text} {words('missing.run')}", lacking=True)
