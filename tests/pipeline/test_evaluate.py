"""How far the numbers can be trusted."""

import pytest

from regulars.errors import OptionError
from regulars.pipeline.evaluate import evaluate, kept_evaluation, predictions


def test_models_are_compared_with_the_naive_rate(shop):
    result = evaluate(shop, origins=2, horizon_days=60)
    rows = result.metrics.to_arrow().to_pylist()
    assert {row["origin_on"] for row in rows} == {str(day) for day in result.origins}
    assert {row["model"] for row in rows} == {"regulars", "naive"}
    assert {row["target"] for row in rows} == {"churn", "purchases", "spend"}
    assert kept_evaluation(shop.folder)["evaluation_metrics"].equals(result.metrics.to_arrow())


def test_an_origin_sees_nothing_of_its_future(shop):
    """The predictions at a day are the same when everything after the labels is deleted."""
    with shop.store() as store:
        day = store.day_range()[1] - 150
        before, _ = predictions(store, shop.settings, day, 60)
        store.connection.execute("DELETE FROM events WHERE day > ?", [day + 60])
        after, _ = predictions(store, shop.settings, day, 60)
        store.connection.execute("DELETE FROM events WHERE day > ?", [day])
        blind, _ = predictions(store, shop.settings, day, 60)
    assert before.equals(after)
    names = [
        "customer_id",
        "churn_probability",
        "expected_purchases",
        "expected_value",
        "value_low",
        "value_high",
    ]
    assert blind.select(names).equals(before.select(names))
    assert not blind.column("future_purchase_day_count").to_numpy().any()


def test_too_little_history_says_how_many_days_are_needed(shop):
    with pytest.raises(OptionError, match="need"):
        evaluate(shop, origins=50)
