"""Reasons: the code of each case, and JSON that every reader can parse."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.decisions.menu import menu
from regulars.decisions.prospects import prospects
from regulars.decisions.reasons import REASONS, json_objects, reason_codes, reason_values
from regulars.decisions.rules import Rules
from regulars.schema import LEVERS, STAGES


@pytest.mark.parametrize(
    ("lever", "stage", "code"),
    [
        ("acquire", "visitor", "visitor_interest"),
        ("activate", "registered", "registered_no_order"),
        ("activate", "new", "new_second_order"),
        ("engage", "active", "engage_content"),
        ("reward", "loyal", "loyal_reward"),
        ("grow", "loyal", "active_grow"),
        ("win_back", "at_risk", "at_risk_valuable"),
        ("win_back", "churned", "churned_recoverable"),
    ],
)
def test_the_code_of_lever_and_stage(customers: Any, offer: Any, lever: str, stage: str, code: str) -> None:
    people = prospects(customers(stage=[stage, stage], holdout_draw=[0.5, 0.0]), None, 0.1)
    offers = (offer(lever=lever, stages=(stage,)),)
    choices = menu(people, offers, Rules(), 0.4)
    assert reason_codes(np.array([0, 0]), choices, offers, people).tolist() == [code, "holdout"]


def test_every_lever_and_stage_has_a_known_code(customers: Any, offer: Any) -> None:
    people = prospects(customers(stage=list(STAGES)), None, 0.1)
    for lever in LEVERS.keys() - {"none"}:
        offers = (offer(lever=lever, stages=tuple(STAGES)),)
        choices = menu(people, offers, Rules(), 0.4)
        codes = reason_codes(np.zeros(len(STAGES), dtype=np.int64), choices, offers, people)
        assert set(codes) <= REASONS.keys()


def test_the_response_is_the_one_that_was_counted(customers: Any, offer: Any) -> None:
    people = prospects(customers(days_since_last_purchase=[0, 90, 90]), None, 0.1)
    offers = (offer(response_half_life_days=90),)
    choices = menu(people, offers, Rules(), 0.4)
    closed = np.zeros(3, dtype=bool)
    found = reason_values(np.array([0, 0, -1]), choices, closed, offers, people, 90).to_pylist()
    assert [json.loads(row).get("response_rate") for row in found] == [0.1, 0.05, None]


numbers = st.one_of(st.just(float("nan")), st.floats(-1e9, 1e9))


@given(
    st.lists(st.tuples(numbers, st.sampled_from([None, "new", "win_back_voucher"])), min_size=1, max_size=8)
)
def test_json_is_what_python_would_write(rows: list[tuple[float, str | None]]) -> None:
    values = np.array([number for number, _ in rows])
    words = pa.array([word for _, word in rows], pa.string())
    objects = json_objects({"word": words, "number": values, "count": np.arange(len(rows))}, len(rows))
    for place, (number, word) in enumerate(rows):
        found = json.loads(objects[place].as_py())
        assert list(found) == sorted(found)
        assert found["count"] == place
        assert found.get("word") == word
        assert ("number" in found) == (not np.isnan(number))
        if not np.isnan(number):
            assert found["number"] == pytest.approx(number, abs=6e-5)


def test_no_columns_is_an_empty_object() -> None:
    assert json_objects({}, 2).to_pylist() == ["{}", "{}"]
