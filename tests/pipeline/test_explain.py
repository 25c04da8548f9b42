"""Why one customer has its stage, scores and action."""

import pytest

from regulars.errors import OptionError
from regulars.pipeline.explain import explain
from regulars.store.snapshot import read_table


def test_parts_sum_and_multiply_to_the_scores(finished):
    shop, result = finished
    scores = read_table(result.folder, "customer_scores").to_pylist()
    for row in [row for row in scores if row["clv"] is not None][:15]:
        found = explain(shop, row["customer_id"])
        parts, churn = found.clv_parts, found.churn_parts
        product = (
            parts["expected_purchases"]
            * parts["expected_order_value"]
            * parts["margin_rate"]
            * parts["discount"]
        )
        assert product == pytest.approx(row["clv"])
        assert churn["already_gone"] + churn["there_but_silent"] == pytest.approx(row["churn_probability"])
        assert found.stage["stage"] == row["stage"] == found.stage_history[-1]["stage"]


def test_who_never_bought_has_a_stage_and_no_value(finished):
    shop, result = finished
    scores = read_table(result.folder, "customer_scores").to_pylist()
    nobody = next(row["customer_id"] for row in scores if row["clv"] is None)
    found = explain(shop, nobody)
    assert found.clv_parts == {}
    assert found.stage["stage"] in ("visitor", "registered")


def test_an_unknown_customer_names_the_nearest(finished):
    shop, _ = finished
    with pytest.raises(OptionError, match="Did you mean C000"):
        explain(shop, "C00001")
