"""Who a line is about, and how that person can be reached: the only place where contact data is kept as it is."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from regulars import schema
from regulars.collect.cells import text
from regulars.collect.contacts import hashed_contacts
from regulars.collect.kernels import Array, pc
from regulars.collect.lines import Lines

CONTACT_TARGETS = ("email", "phone", "accepts_marketing")

_YES = ("yes", "true", "1", "y", "subscribed", "ja", "oui", "是")
_NO = ("no", "false", "0", "n", "unsubscribed", "not_subscribed", "nein", "non", "否")


def person_ids(lines: Lines) -> Array:
    """The customer's id of each line: the shop's own where the file has one, else the keyed hash of the e-mail
    address (in lower case), else that of the phone number (its digits); null where a line names nobody."""
    key = lines.reading.hash_key
    ids = [lines.ids("user_id")]
    ids += [hashed_contacts(text(lines.cells(target)), key) for target in ("email", "phone")]
    return pc.coalesce(*ids)


def contact_rows(lines: Lines) -> pa.RecordBatch:
    """Rows of ``schema.CONTACTS`` of the accepted lines that name a person and a way to reach it."""
    layout = schema.CONTACTS.arrow_schema()
    if not any(lines.has(target) for target in CONTACT_TARGETS):
        return pa.record_batch([pa.array([], item.type) for item in layout], schema=layout)
    email, phone = (text(lines.cells(target)) for target in ("email", "phone"))
    stated: Array = pa.array(np.zeros(lines.count, np.int64))
    if lines.has("time"):
        stated = pa.array(lines.times().occurred_us)
    batch = pa.record_batch(
        [
            person_ids(lines),
            pc.utf8_lower(email),
            phone,
            lines.text("country"),
            _consent(lines),
            stated,
        ],
        schema=layout,
    )
    named = pc.and_(batch["user_id"].is_valid(), pa.array(lines.accepted))
    reachable = pc.or_(batch["email"].is_valid(), batch["phone"].is_valid())
    return batch.filter(pc.and_(named, reachable))


def _consent(lines: Lines) -> Array:
    words = pc.utf8_lower(text(lines.cells("accepts_marketing")))
    yes, no = (pc.is_in(words, value_set=pa.array(list(known), pa.string())) for known in (_YES, _NO))
    return pc.if_else(yes, True, pc.if_else(no, False, pa.scalar(None, pa.bool_())))
