"""Every word a person sees, in English and Chinese: labels, reasons, notes, titles and explanations.

Tables hold codes and numbers, never sentences; this module turns them into words. The words themselves
stand in ``languages/LANGUAGE.toml``; a new language is a new file there with the same keys.
"""

from __future__ import annotations

import functools
import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from regulars.errors import OptionError, nearest
from regulars.schema import EVALUATION_CALIBRATION, EVALUATION_METRICS, TABLES
from regulars.show.numbers import Numbers

LANGUAGES = ("en", "zh")

_PLACE = re.compile(r"\{(\w+)\}")

# Result tables last, so that theirs is the unit of a name that a store table uses too.
UNITS: dict[str, str] = {
    column.name: column.unit
    for table in (*TABLES.values(), EVALUATION_METRICS, EVALUATION_CALIBRATION)
    for column in table.columns
}


@functools.cache
def phrases(language: str) -> dict[str, dict[str, Any]]:
    """The words of one language, by section and key; an unknown language is an ``OptionError``."""
    if language not in LANGUAGES:
        raise OptionError(
            f"there are no words in the language {language!r}.{nearest(language, LANGUAGES)}",
            allowed=", ".join(LANGUAGES),
        )
    file = resources.files("regulars.show") / "languages" / f"{language}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Words(Numbers):
    """The words and number formats of one language and currency.

    Parameters
    ----------
    churn_days, clv_days
        The horizons of churn and purchases, and of the margin (days): columns about them say so. Without
        them these columns say that they are about a horizon, and not which.

    Examples
    --------
    >>> words = Words("en", "GBP")
    >>> words.label("stages", "at_risk"), words.label("stages", "brand_new")
    ('At risk', 'Brand new')
    >>> words.reason("new_second_order", '{"days_since_last_purchase": 20}')
    'Has ordered once: last order 20 days ago.'
    >>> words.reason("a_new_code", {"x": 1.5})
    'a_new_code (x = 1.5)'
    >>> words.counted(1, "customer"), Words("zh").counted(2, "customer")
    ('1 customer', '2 位客户')
    """

    churn_days: int | None = None
    clv_days: int | None = None

    def __call__(self, key: str, **values: object) -> str:
        """The phrase ``section.key`` with ``values`` in its places (text as it is, numbers as counts)."""
        section, _, name = key.partition(".")
        text: str = phrases(self.language)[section][name]
        return _PLACE.sub(lambda place: self._plain(values[place[1]]), text)

    def _plain(self, value: object) -> str:
        return self.count(value) if isinstance(value, int | float) else str(value)

    def label(self, kind: str, code: str | None) -> str:
        """What people call ``code``, which is one of ``kind`` (stages, levers, columns ...)."""
        if code is None:
            return self.label(kind, "none")
        known = phrases(self.language).get(kind, {}).get(code)
        return str(known) if known else _spelled(code)

    def column(self, name: str) -> str:
        """What people call a column, with its horizon where it has one and the horizon is known.

        >>> Words(churn_days=90).column("churn_probability"), Words().column("churn_probability")
        ('No purchase in 90 days', 'No purchase within the horizon')
        """
        template = phrases(self.language)["horizon_columns"].get(name)
        days = self.churn_days if "{churn_days}" in (template or "") else self.clv_days
        if template is None or days is None:
            return self.label("columns", name)
        said = self.counted(days, "day")
        return str(template).replace("{churn_days}", said).replace("{clv_days}", said)

    def counted(self, value: float | None, noun: str) -> str:
        """A count with its noun in the right form."""
        forms = phrases(self.language)["nouns"][noun]
        return f"{self.count(value)} {forms[0] if value == 1 else forms[-1]}"

    def interval(self, low: float | None, high: float | None) -> str:
        """Two amounts as a range."""
        return self("report.interval", low=self.money(low), high=self.money(high))

    def listed(self, parts: Iterable[str]) -> str:
        """Parts joined as a list."""
        return self("report.comma").join(parts)

    def reason(self, code: str | None, values: str | Mapping[str, Any] | None = None) -> str:
        """One sentence that says why an action was chosen."""
        return self._sentence("reasons", code or "", values)

    def note(self, note: object) -> str:
        """One sentence of what a reader of a run should know.

        Takes ``{"code": ..., "values": {...}}``, a mapping whose other keys are the values, a pair of
        code and values, or a bare code.
        """
        if isinstance(note, str):
            return self._sentence("notes", note, None)
        if isinstance(note, Mapping):
            rest = {key: value for key, value in note.items() if key not in ("code", "values")}
            return self._sentence("notes", str(note.get("code", "")), {**rest, **(note.get("values") or {})})
        if isinstance(note, list | tuple) and note:
            return self._sentence("notes", str(note[0]), note[1] if len(note) > 1 else None)
        return str(note)

    def finding(self, finding: Mapping[str, Any]) -> str:
        """One sentence of what a reader should know about the data: ``code`` and ``values``."""
        return self._sentence("findings", str(finding["code"]), finding["values"])

    def _sentence(self, kind: str, code: str, values: str | Mapping[str, Any] | None) -> str:
        """The sentence of a code; each clause whose values are missing is left out."""
        given = _as_mapping(values)
        template = phrases(self.language)[kind].get(code)
        if template is None:
            inside = ", ".join(f"{name} = {_bare(given[name])}" for name in sorted(given))
            return f"{code} ({inside})" if inside else code
        said = {name: self.with_unit(name, value) for name, value in given.items() if value is not None}
        clauses = [clause for clause in template.split("|") if set(_PLACE.findall(clause)) <= said.keys()]
        text = "".join(_PLACE.sub(lambda place: said[place[1]], clause) for clause in clauses)
        return text if text.endswith(("?", "？")) else text + self("report.full_stop")

    def with_unit(self, name: str, value: Any) -> str:
        """One value of a column with the unit that its name carries, as in running text."""
        unit = _unit(name)
        if isinstance(value, bool):
            return self("report.yes") if value else self("report.no")
        if isinstance(value, list | tuple):
            return self.listed(str(part) for part in value)
        if isinstance(value, str):
            return self._coded(name, value)
        if not isinstance(value, int | float):
            return str(value)
        if unit == "days":
            return self.counted(value, "day")
        if name in phrases(self.language)["counted"]:
            return self.counted(value, phrases(self.language)["counted"][name])
        return self.cell(name, value)

    def cell(self, name: str, value: Any, unit: str | None = None) -> str:
        """One value of a column as a table shows it: the unit stands in the column's head."""
        unit = unit or _unit(name)
        if value is None:
            return DASHES
        if isinstance(value, bool | str | list | tuple):
            return self.with_unit(name, value)
        if not isinstance(value, int | float):
            return str(value)
        if unit == "money":
            return self.money(value)
        if unit == "1/10000":
            return self.number(value / 10_000, 2)
        if unit in ("0-1", "-1..1"):
            return self.share(value)
        if unit == "days since 1970":
            return self.date(int(value))
        return self.count(value) if float(value).is_integer() else self.figure(value)

    def _coded(self, name: str, value: str) -> str:
        kind = CODED.get(name)
        if kind:
            return self.label(kind, value)
        if _unit(name) == "date" and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            return self.date(value)
        return self.month(value) if re.fullmatch(r"\d{4}-\d\d", value) else value


DASHES = "–"

# Columns whose values are codes with words of their own.
CODED = {
    "stage": "stages",
    "from_stage": "stages",
    "to_stage": "stages",
    "lever": "levers",
    "rfm_group": "rfm_groups",
    "value_group": "value_groups",
    "channel": "channels",
    "target": "targets",
    "metric": "metrics",
    "model": "models",
    "verdict": "verdicts",
    "left_out": "left_out",
}


def _spelled(code: str) -> str:
    """A code as words; capitals that it has stay (NBD, not Nbd)."""
    text = code.replace("_", " ")
    return text[:1].upper() + text[1:]


def _unit(name: str) -> str:
    """The unit of a column, or what its name says about it."""
    if name in UNITS:
        return UNITS[name]
    endings = {"_days": "days", "_rate": "0-1", "_share": "0-1", "_probability": "0-1", "_on": "date"}
    found = next((unit for ending, unit in endings.items() if name.endswith(ending)), "")
    money = ("clv", "value", "cost", "gain", "budget", "margin")
    return found or ("money" if name.split("_")[-1] in money else "-")


def _as_mapping(values: str | Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Values as a mapping; text is JSON, and what is no JSON object is shown as it came."""
    if values is None or values == "":
        return {}
    if isinstance(values, Mapping):
        return values
    try:
        parsed = json.loads(values)
    except ValueError:
        return {"values": values}
    return parsed if isinstance(parsed, dict) else {"values": parsed}


def _bare(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
