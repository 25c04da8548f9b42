"""The truth about an exported audience: what each assigned person would buy with the offer and without it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from regulars.simulate.arrays import Flags, Floats
from regulars.simulate.future import simulate_future
from regulars.simulate.responses import LEVER_NAMES
from regulars.simulate.truth import Truth


@dataclass(frozen=True)
class Trial:
    """Two futures of the same people that differ by the offers alone; a row per assignment, in their order.

    ``value_without`` and ``value_with`` are net sales in currency units, ``bought_without`` and
    ``bought_with`` whether there is any order.
    """

    value_without: Floats
    value_with: Floats
    bought_without: Flags
    bought_with: Flags

    def observed(self, treated: Flags) -> tuple[Floats, Flags]:
        """What a shop sees of net sales and buyers when these are treated."""
        return (
            np.where(treated, self.value_with, self.value_without),
            np.where(treated, self.bought_with, self.bought_without),
        )


def trial(truth: Truth, assignments: pa.Table, days: int, seed: int) -> Trial:
    """One future of everybody who was assigned, with nobody treated and with all treated.

    Parameters
    ----------
    truth
        From ``read_truth``.
    assignments
        ``customer_id`` and ``lever``, one row per customer.
    days, seed
        As ``simulate_future`` takes them: the luck of staying and buying is the same in both futures.
    """
    ids = assignments.column("customer_id").to_pylist()
    actions = assignments.select(["customer_id", "lever"])
    values, buyers = zip(
        *(_sums(simulate_future(truth, given, days, seed), ids) for given in (None, actions)), strict=True
    )
    return Trial(values[0], values[1], buyers[0], buyers[1])


def _sums(orders: pa.Table, ids: Sequence[Any]) -> tuple[Floats, Flags]:
    """Net sales of each id, and whether it ordered."""
    place = {customer: row for row, customer in enumerate(ids)}
    at = np.array([place.get(buyer, -1) for buyer in orders.column("customer_id").to_pylist()], np.int64)
    known = at >= 0
    value = np.asarray(orders.column("net_value").to_numpy(), dtype=np.float64)
    sums: Any = np.bincount(at[known], weights=value[known], minlength=len(ids))
    return sums, np.bincount(at[known], minlength=len(ids)) > 0


def without_effects(truth: Truth) -> Truth:
    """The same shop in which no lever does anything from its last day on.

    Only the truth changes: what the shop knows of its past, and so everything that it decides, stays the same.
    """
    customers = truth.customers
    nothing = pa.array(np.zeros(customers.num_rows))
    for name in (*(f"log_lift_{lever}" for lever in LEVER_NAMES), "revival_probability"):
        customers = customers.set_column(customers.column_names.index(name), name, nothing)
    return dataclasses.replace(truth, customers=customers)
