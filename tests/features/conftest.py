"""The features of small shops."""

import pytest

from regulars.config import Settings
from regulars.pipeline.features import build_features


@pytest.fixture
def features(stored):
    """The rows of ``customer_features`` by customer: ``features(events, as_of_day=..., items=...)``."""

    def make(events, as_of_day, items=(), settings=None):
        store = stored(events, items)
        tables = build_features(store, settings or Settings(), as_of_day)
        return {row["customer_id"]: row for row in store.read(tables.customers).to_pylist()}

    return make
