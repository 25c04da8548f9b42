"""Moves between stages."""

import pyarrow as pa
import pytest

from regulars.insight.transitions import transitions


def test_moves_and_shares(stored):
    store = stored([{"user_id": "x"}])
    rows = [(10, "a", "new"), (10, "b", "new"), (20, "a", "active"), (20, "b", "new"), (20, "c", "new")]
    names = ("as_of_day", "customer_id", "stage")
    history = store.keep_batches(
        "history", [pa.RecordBatch.from_pylist([dict(zip(names, row, strict=True)) for row in rows])]
    )
    steps = store.keep_batches(
        "steps", [pa.RecordBatch.from_pydict({"as_of_day": [20], "previous_day": [10]})]
    )
    moves = {(r["from_stage"], r["to_stage"]): r for r in store.read(transitions(history, steps)).to_pylist()}
    assert moves["new", "active"]["share"] == 0.5
    assert moves["unseen", "new"]["customer_count"] == 1
    assert sum(move["customer_count"] for move in moves.values()) == 3
    assert moves["new", "new"]["share"] == pytest.approx(0.5)
