"""Intervals of experiments hold the truth that only the simulator knows."""

import argparse
import importlib.util
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from regulars.simulate.trials import trial, without_effects

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "experiments.py"


def assigned(truth, lever="win_back"):
    ids = truth.customers.column("customer_id").to_pylist()
    return pa.table({"customer_id": ids, "lever": [lever] * len(ids)})


def test_two_futures_differ_by_the_offers_alone(small_shop):
    truth = small_shop.truth
    found = trial(truth, assigned(truth), 90, 5)
    same = trial(truth, assigned(truth, "none"), 90, 5)
    assert np.array_equal(same.value_without, same.value_with)
    assert np.array_equal(same.value_without, found.value_without)
    assert not np.array_equal(found.value_without, found.value_with)
    treated = np.arange(len(found.value_with)) % 2 == 0
    value, bought = found.observed(treated)
    assert np.array_equal(value[treated], found.value_with[treated])
    assert np.array_equal(bought[~treated], found.bought_without[~treated])


def test_levers_can_be_made_to_do_nothing_without_touching_the_past(small_shop):
    truth = small_shop.truth
    nothing = without_effects(truth)
    for lever in ("win_back", "reward"):
        found = trial(nothing, assigned(truth, lever), 90, 5)
        assert np.array_equal(found.value_without, found.value_with)
    assert nothing.settings == truth.settings
    assert nothing.customers.column("purchase_rate").equals(truth.customers.column("purchase_rate"))


@pytest.fixture(scope="module")
def benchmark():
    spec = importlib.util.spec_from_file_location("experiments_benchmark", BENCHMARK)
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[spec.name] = module  # its dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_intervals_cover_the_true_effect_and_nothing_is_called_nothing(benchmark):
    options = argparse.Namespace(seeds=20, customers=2000, futures=15, draws=5, days=90)
    shops = [benchmark.one_shop(seed, options) for seed in range(options.seeds)]
    found = benchmark.coverage_of_methods([shop[0] for shop in shops], options.draws)["regulars"]
    assert 0.93 <= found["coverage"] <= 0.97
    lived = [shop[2] for shop in shops]
    assert (
        sum(row["low"] <= shop[0].true_effect <= row["high"] for row, shop in zip(lived, shops, strict=True))
        >= 17
    )

    # Some 27,000 people with three in ten held out suffice to tell that nothing matters.
    verdicts = benchmark.nothing_verdicts([shop[1] for shop in shops], options.draws, together_share=0.3)
    assert verdicts["alone"].get("pays", 0) <= 0.04
    assert verdicts["together"].get("pays", 0) <= 0.07
    assert verdicts["together"]["does_nothing"] >= 0.85
    assert Counter(row["verdict"] for row in lived)["too_early"] == 0
