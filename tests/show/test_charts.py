import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.schema import STAGES
from regulars.show.blocks import Figure
from regulars.show.charts.lifecycle import stage_flows
from regulars.show.report import SECTIONS
from regulars.show.sections.value import edges_of, held_by_best
from regulars.show.words import Words

ORDER = ("unseen", *STAGES)


def figures(made_up, language="en"):
    words = Words(language, "GBP")
    blocks = [block for make in SECTIONS for block in make(made_up.tables, made_up.facts, words).blocks]
    return {block.id: block for block in blocks if isinstance(block, Figure)}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_chart_is_plain_json_with_words_for_who_cannot_see_it(made_up, language):
    found = figures(made_up, language)
    assert set(found) == {
        "stage-history", "stage-flows", "clv-histogram", "concentration", "lever-gain", "cohort-retention",
        "cohort-value", "rfm-map", "sales-net", "sales-buyers", "bias", "calibration",
    }  # fmt: skip
    for figure in found.values():
        assert json.loads(json.dumps(figure.spec, allow_nan=False)) == figure.spec
        assert figure.spec["$schema"].endswith("/vega-lite/v6.json")
        assert figure.spec["description"] == figure.alt and len(figure.alt) > 20 and "{" not in figure.alt
        assert figure.numbers.rows and all(
            len(row) == len(figure.numbers.heads) for row in figure.numbers.rows
        )


def test_nothing_in_a_chart_is_larger_than_a_picture_needs(made_up):
    for figure in figures(made_up).values():
        assert len(json.dumps(figure.spec)) < 80_000, figure.id


def test_the_histogram_holds_every_customer(made_up):
    figure = figures(made_up)["clv-histogram"]
    drawn = sum(row["customers"] for row in figure.spec["data"]["values"])
    clv = made_up.tables["customer_scores"].column("clv").to_numpy()
    assert drawn == int(np.sum(clv >= figure.spec["data"]["values"][0]["low"] * 0.999999))


@given(st.lists(st.floats(0.001, 1e9), min_size=1, max_size=50))
def test_classes_reach_from_below_the_smallest_to_above_the_best(values):
    clv = np.array(values)
    edges = edges_of(clv)
    assert edges[-1] > clv.max() and len(edges) >= 2
    assert edges[0] <= clv.min() * 1.000001 or edges[-1] / edges[0] > 9_000


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=40).filter(lambda found: max(found) > 0))
def test_the_concentration_curve_rises_ever_slower_from_nothing_to_all(values):
    clv = np.sort(np.array(values))[::-1]
    curve = np.array(held_by_best(clv, [share / 20 for share in range(21)]))
    steps = np.diff(curve)
    assert curve[0] == 0 and curve[-1] == pytest.approx(1)
    assert np.all(steps >= -1e-12) and np.all(np.diff(steps) <= 1e-9)


flows_of_all_kinds = st.dictionaries(
    st.tuples(st.sampled_from(ORDER), st.sampled_from(ORDER[1:])),
    st.integers(1, 1000),
    min_size=1,
    max_size=20,
)


@given(flows_of_all_kinds)
def test_ribbons_are_as_thick_as_customers_moved_and_stay_inside(moves):
    flows = [(left, entered, size) for (left, entered), size in moves.items()]
    spec = stage_flows(flows, ORDER, Words())
    points = spec["layer"][0]["data"]["values"]
    thick = {point["flow"]: (point["y2"] - point["y"]) / point["customers"] for point in points}
    assert np.ptp(list(thick.values())) < 1e-3 * max(thick.values()) + 1e-5
    bars = spec["layer"][1]["data"]["values"]
    assert min(bar["y"] for bar in bars) > -1e-6 and max(bar["y2"] for bar in bars) < 1 + 1e-6
