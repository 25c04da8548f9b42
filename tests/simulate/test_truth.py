"""What is hidden can be read back, and shows in what the shop sees."""

import numpy as np
import pytest

from regulars.errors import FileError
from regulars.simulate.responses import LEVER_NAMES
from regulars.simulate.truth import read_truth


def test_a_folder_without_truth_is_one_clear_error(tmp_path):
    with pytest.raises(FileError, match="holds no truth"):
        read_truth(tmp_path)


def test_orders_recover_the_latent_rates(small_shop):
    truth = small_shop.truth
    orders = small_shop.table("orders")
    counts: dict[str, set[str]] = {}
    for customer, order in zip(
        orders["customer_id"].to_pylist(), orders["order_id"].to_pylist(), strict=True
    ):
        counts.setdefault(customer, set()).add(order)
    observed = np.array([len(counts.get(name, ())) for name in truth.customers["customer_id"].to_pylist()])
    assert np.corrcoef(observed, truth.column("purchase_rate"))[0, 1] > 0.5
    # A dirty copy stands for an order of its own; nothing else may differ.
    assert np.abs(observed - truth.column("order_count")).sum() <= 20


def test_prospects_are_probabilities_and_leavers_have_none(small_shop):
    truth = small_shop.truth
    chance, stays = truth.column("purchase_probability_90_days"), truth.column("is_customer")
    assert ((chance >= 0) & (chance < 1)).all()
    assert (chance[~stays] == 0).all() and (truth.column("expected_margin_365_days")[~stays] == 0).all()
    assert np.isnan(truth.column("drop_out_day")[stays]).all()
    assert 0.2 < stays.mean() < 0.9
    for lever in LEVER_NAMES:
        change = truth.column(f"purchase_probability_change_{lever}")
        assert ((chance + change >= 0) & (chance + change < 1)).all()


def test_tastes_show_in_what_was_bought(small_shop):
    truth, orders = small_shop.truth, small_shop.table("orders")
    place = {name: row for row, name in enumerate(truth.customers["customer_id"].to_pylist())}
    bought = [
        place[row["customer_id"]]
        for row in orders.to_pylist()
        if row["category"] == "Garden" and row["customer_id"]
    ]
    lines = np.bincount(bought, minlength=len(place))
    busy = truth.column("order_count") >= 5
    share = lines[busy] / truth.column("order_count")[busy]
    assert np.corrcoef(share, truth.column("taste_garden")[busy])[0, 1] > 0.6


def test_traits_say_something_about_tastes(small_shop):
    rows = {row["customer_id"]: row["age"] for row in small_shop.table("customers").to_pylist()}
    names = small_shop.truth.customers["customer_id"].to_pylist()
    known = [bool(rows[name]) for name in names]
    ages = np.array([float(rows[name]) for name in names if rows[name]])
    assert 0.85 < np.mean(known) < 0.97
    assert 0.1 < np.corrcoef(ages, small_shop.truth.column("taste_garden")[known])[0, 1] < 0.7
