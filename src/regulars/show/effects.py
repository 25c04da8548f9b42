"""What exported offers brought, in sentences: for the screen after a run, `show effects` and the report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regulars.show.frames import Facts, Tables, present
from regulars.show.words import Words

Row = Mapping[str, Any]

# Verdicts that say something; offers with one of these stand before the others.
CLEAR = ("pays", "does_not_pay", "does_nothing")
WITH_INTERVAL = (*CLEAR, "cannot_tell")


def effect_lines(tables: Tables, facts: Facts, words: Words) -> list[str]:
    """One sentence for all offers together, then one for each offer, those with a clear answer first.

    Parameters
    ----------
    tables
        ``offer_effects`` of ``schema.py``; without it, or without a row, there is nothing to say.
    facts
        ``offers`` (offer_id -> title).

    Examples
    --------
    >>> import pyarrow as pa
    >>> row = {"offer_id": None, "verdict": "too_early", "treated_count": 90, "held_out_count": 10,
    ...        "follow_up_days": 5.0}
    >>> effect_lines({"offer_effects": pa.Table.from_pylist([row])}, {}, Words("en"))
    ['All offers together: too early to tell (90 in the files, 10 held out, 5 days so far).']
    """
    table = present(tables, "offer_effects", "offer_id", "verdict")
    rows = [] if table is None else table.to_pylist()
    every = [row for row in rows if row["offer_id"] is None]
    single = sorted((row for row in rows if row["offer_id"] is not None), key=_order)
    if len(single) == 1:  # all offers together are this one
        every = []
    return [effect_sentence(row, facts, words) for row in (*every, *single)]


def _order(row: Row) -> tuple[bool, bool, str]:
    return row["verdict"] not in CLEAR, row["verdict"] not in WITH_INTERVAL, str(row["offer_id"])


def effect_sentence(row: Row, facts: Facts, words: Words) -> str:
    """One row of ``offer_effects`` as a sentence."""
    verdict = row["verdict"]
    values = {
        "what": offer_name(row["offer_id"], facts, words),
        "treated": words.count(row["treated_count"]),
        "held_out": words.count(row["held_out_count"]),
        "days": words.counted(round(row.get("follow_up_days") or 0), "day"),
    }
    if verdict in WITH_INTERVAL:
        for name in (
            "margin_difference",
            "margin_difference_low",
            "margin_difference_high",
            "smallest_effect",
        ):
            values[name.removeprefix("margin_")] = words.money(row[name])
    said = words(f"effects.{verdict}", **values)
    needed = row.get("needed_count")
    if verdict == "cannot_tell" and needed:
        gap = "" if words.language == "zh" else " "
        said += gap + words("effects.needed", needed=words.count(needed), effect=values["smallest_effect"])
    return said


def offer_name(offer_id: str | None, facts: Facts, words: Words) -> str:
    """The title of an offer, its id where it has none, or that all are meant."""
    if offer_id is None:
        return words("effects.all")
    return str((facts.get("offers") or {}).get(offer_id) or offer_id)
