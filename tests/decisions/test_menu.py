"""What can be done for each customer."""

from __future__ import annotations

from typing import Any

import numpy as np

from regulars.decisions.menu import chosen, menu, named
from regulars.decisions.prospects import prospects
from regulars.decisions.rules import Rules


def test_candidates_pay_and_the_best_is_known_even_when_it_does_not(customers: Any, offer: Any) -> None:
    people = prospects(
        customers(stage=["active", "active", "new"], churn_probability=[0.9, 0.1, 0.5]), None, 0.1
    )
    offers = (offer(), offer(id="dear", discount_rate=0.5))
    choices = menu(people, offers, Rules(exclude_stages=("new",)), 0.4)
    assert choices.pays.tolist() == [True, True, False]
    assert (choices.gain[:, 1] == 0).all()
    assert choices.best.tolist() == [0, 0, -1]
    assert choices.excluded.tolist() == [False, False, True]
    dear = menu(people, offers[1:], Rules(), 0.4)
    assert dear.best.tolist() == [0, 0, -1]
    assert (dear.best_gain[:2] < 0).all()


def test_chosen_values_and_words() -> None:
    values = np.array([[1, 2], [3, 4], [5, 6]])
    assert chosen(values, np.array([1, -1, 0])).tolist() == [2, 0, 5]
    assert named(["x", "y"], np.array([1, -1, 0])).to_pylist() == ["y", None, "x"]
    assert named(["x"], np.array([-1]), "none").to_pylist() == ["none"]
