"""How far the numbers can be trusted."""

import dataclasses

import msgspec
import pytest

from regulars.errors import OptionError
from regulars.pipeline.evaluate import evaluate, evaluation_facts, kept_evaluation, predictions, speaks_of


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


def test_the_margin_horizon_is_checked_where_the_history_allows_it(shop):
    value = msgspec.structs.replace(shop.settings.value, clv_horizon_days=150)
    shorter = dataclasses.replace(shop, settings=msgspec.structs.replace(shop.settings, value=value))
    result = evaluate(shorter, origins=1, horizon_days=60)
    rows = result.metrics.to_arrow().to_pylist()
    assert len(result.clv_origins) == 1
    assert {row["target"] for row in rows if row["horizon_days"] == 150} == {"purchases", "spend"}
    assert {row["horizon_days"] for row in rows} == {60, 150}
    assert {row["horizon_days"] for row in result.calibration.to_arrow().to_pylist()} == {60}
    assert "for the 150 days after it" in repr(result)


def test_a_history_too_short_for_the_margin_horizon_is_a_note(shop):
    result = evaluate(shop, origins=1, horizon_days=60)
    assert result.clv_origins == ()
    assert "horizon_not_checked" in {note["code"] for note in result.notes}


def test_an_evaluation_knows_what_it_was_made_from(shop):
    result = evaluate(shop, origins=1, horizon_days=60)
    facts = evaluation_facts(shop.folder)
    day, data = str(result.as_of), facts["input_hash"]
    assert facts["config_hash"] == shop.settings.result_hash()
    assert speaks_of(facts, as_of=day, input_hash=data)
    assert not speaks_of(facts, as_of="2000-01-01", input_hash=data)
    assert not speaks_of(facts, as_of=day, input_hash="other")
    assert not speaks_of({}, as_of=day, input_hash=data)
