"""Wide tables about customers: one line each with what they did, and often a label that somebody wants to predict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from regulars.collect.cells import id_text, text
from regulars.collect.kernels import pc
from regulars.collect.vocabulary import COLUMN_WORDS, CUSTOMER_TRAITS, plain_word

USER_WORDS = {"user_id": (*COLUMN_WORDS["user_id"], "id")}
"""In a table of traits a bare ``ID`` is the customer's."""

MOST_VALUES = 3
FEWEST_TRAITS = 2
FEWEST_LINES = 5

_LABELS = frozenset(
    map(
        plain_word,
        (
            "label", "target", "y", "class", "outcome", "churn", "churned", "attrition", "exited", "left", "cancelled", "response",
            "responded", "responder", "converted", "conversion", "purchased", "bought", "subscribed", "subscription", "renewed",
            "default", "defaulted", "active", "clicked", "Abwanderung", "gekündigt", "Ziel", "résilié", "cible", "流失", "是否流失", "标签",
            "是否购买", "是否响应",
        ),
    )
)  # fmt: skip
_OF_ORDERS_TOO = frozenset(
    map(plain_word, ("email", "phone", "first_name", "last_name", "city", "region", "zip", "postcode"))
)
_AROUND = ("is", "has", "did", "will", "customer", "user", "flag", "label", "status", "target", "value", "yn")


def looks_like_label(name: str) -> bool:
    """Whether a column's name promises what became of a customer.

    >>> [looks_like_label(name) for name in ("Churn", "is_churned", "churn_flag", "Response", "income", "AcceptedCmp3")]
    [True, True, True, True, False, False]
    """
    plain = plain_word(name)
    if plain in _LABELS:
        return True
    starts = (plain.removeprefix(word) for word in _AROUND if plain.startswith(word))
    ends = (plain.removesuffix(word) for word in _AROUND if plain.endswith(word))
    return any(rest in _LABELS for rest in (*starts, *ends))


def label_columns(sample: pa.RecordBatch, mapping: Mapping[str, str]) -> dict[str, list[str]]:
    """Columns with two or three values and such a name, each with its values."""
    found: dict[str, list[str]] = {}
    for name, column in zip(sample.schema.names, sample.columns, strict=True):
        if name in mapping.values() or not looks_like_label(name):
            continue
        values: list[str] = sorted(id_text(text(column)).drop_null().unique().to_pylist())
        if 2 <= len(values) <= MOST_VALUES:
            found[name] = values
    return found


def label_notes(sample: pa.RecordBatch, mapping: Mapping[str, str]) -> tuple[str, ...]:
    """What to say about labels.

    >>> table = pa.record_batch({"ID": ["1", "2"], "Churn": ["No", "Yes"]})
    >>> label_notes(table, {"user_id": "ID"})
    ('Churn (No, Yes) looks like a label: kept as an attribute, and nothing learns from it',)
    """
    return tuple(
        f"{name} ({', '.join(values)}) looks like a label: kept as an attribute, and nothing learns from it"
        for name, values in label_columns(sample, mapping).items()
    )


def is_customer_table(sample: pa.RecordBatch, mapping: Mapping[str, str]) -> bool:
    """Whether the lines are about one customer each: ids that do not repeat, with traits or a label beside them."""
    if "user_id" not in mapping or not _unique(sample, mapping["user_id"]):
        return False
    own = traits(sample.schema.names) - _OF_ORDERS_TOO
    return len(own) >= FEWEST_TRAITS or bool(label_columns(sample, mapping))


def traits(names: Sequence[str]) -> frozenset[str]:
    """Of the names of columns those that speak of a person."""
    return CUSTOMER_TRAITS & set(map(plain_word, names))


def _unique(sample: pa.RecordBatch, column: str) -> bool:
    if column not in sample.schema.names:
        return False
    ids = id_text(sample.column(column)).drop_null()
    return len(ids) >= FEWEST_LINES and pc.count_distinct(ids).as_py() == len(ids)
