"""A first pass over a file: the order of day and month, and the decimal mark of each number column."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from regulars.collect.amounts import DecimalMark, MarkEvidence, choose_decimal_mark, mark_evidence
from regulars.collect.dates import DateEvidence, DateOrder, choose_date_order, date_evidence
from regulars.collect.mapping import NUMBER_TARGETS
from regulars.collect.records import Records

# Enough to judge a column by. Only where dates fit both orders so far does the pass go on, to the first that
# does not: a file sorted by time may need weeks of lines until a day is past the twelfth.
_ENOUGH_LINES = 200_000
_BATCH_LINES = 50_000


def file_formats(
    records: Records, mapping: Mapping[str, str], currency: str
) -> tuple[DateOrder | None, dict[str, DecimalMark], dict[str, str], list[str]]:
    """Date order, decimal marks by target, the choices in the words of a mapping, and notes.

    Choices that ``mapping`` already makes (``date_order``, ``decimal_mark``, ``decimal_mark.TARGET``) stand.
    """
    dates, numbers = _evidence(records, mapping)
    choices: dict[str, str] = {}
    order, note = choose_date_order(dates, currency)
    if "date_order" in mapping:
        order, note = ("month_first" if mapping["date_order"] == "=month_first" else "day_first"), ""
    notes = [note] if note else []
    if order is not None:
        choices["date_order"] = f"={order}"
    marks: dict[str, DecimalMark] = {}
    comma_elsewhere = any(found.comma > found.point for found in numbers.values())
    for target, found in numbers.items():
        given = mapping.get(f"decimal_mark.{target}", mapping.get("decimal_mark"))
        if given is not None:
            marks[target] = "comma" if given == "=comma" else "point"
            continue
        marks[target], note = choose_decimal_mark(found, mapping[target], comma_elsewhere=comma_elsewhere)
        if note:
            notes.append(note)
            choices[f"decimal_mark.{target}"] = f"={marks[target]}"
    return order, marks, choices, notes


def _evidence(records: Records, mapping: Mapping[str, str]) -> tuple[DateEvidence, dict[str, MarkEvidence]]:
    time = mapping.get("time")
    numbers = {t: MarkEvidence() for t in mapping if t in NUMBER_TARGETS and not mapping[t].startswith("=")}
    wanted = [time] if time in records.names else []
    wanted += [mapping[target] for target in numbers if mapping[target] in records.names]
    dates, read = DateEvidence(), 0
    for raw in records.batches(_BATCH_LINES, list(dict.fromkeys(wanted))):
        cells = {name: raw.cells.column(place) for place, name in enumerate(raw.cells.schema.names)}
        if not any(_is_text(column.type) for column in cells.values()):
            break
        if time in cells:
            dates = dates + date_evidence(cells[time])
        if read < _ENOUGH_LINES:
            for target in numbers:
                if mapping[target] in cells:
                    numbers[target] = numbers[target] + mark_evidence(cells[mapping[target]])
        read += raw.cells.num_rows
        if read >= _ENOUGH_LINES and not dates.is_open:
            break
    return dates, numbers


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
