"""ItemKNN against its formula written out, on both of its paths, with reasons that add up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.errors import OptionError
from regulars.models.recommend import neighbours, shortlist
from regulars.models.recommend.neighbours import ItemKNN

Pairs = list[tuple[int, int]]
pairs = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), min_size=1, max_size=40)
exponents = st.tuples(*[st.sampled_from([0.0, 0.3, 0.5, 1.0])] * 3, st.sampled_from([0.5, 0.7, 1.0]))


@pytest.fixture(params=["few items", "many items", "many items, tiny blocks"])
def path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Full rows for small shops, sparse rows for large ones, and blocks of next to nothing."""
    if request.param != "few items":
        monkeypatch.setattr(neighbours, "FEW_ITEMS", 0)
    if request.param.endswith("tiny blocks"):
        monkeypatch.setattr(shortlist, "CELLS", 3)
        monkeypatch.setattr(neighbours, "CELLS", 3)
    return str(request.param)


def table_of(rows: Pairs) -> pa.Table:
    return pa.table({"customer_id": [f"c{c}" for c, _ in rows], "item_id": [f"i{i}" for _, i in rows]})


def formula(
    rows: Pairs, a: float, b: float, c: float, p: float, neighbours: int = 99
) -> np.ndarray[Any, Any]:
    """W of the class's text, item by item."""
    bought = set(rows)
    baskets = {u: {i for v, i in bought if v == u} for u, _ in bought}
    buyers = {i: sum(j == i for _, j in bought) for i in range(8)}
    weights = np.zeros((8, 8))
    for i in range(8):
        for j in set(range(8)) - {i}:
            both = sum(len(basket) ** (-2 * a) for basket in baskets.values() if {i, j} <= basket)
            weights[i, j] = (both / (buyers[i] ** b * buyers[j] ** c)) ** p if both else 0.0
    for row in weights:
        kept = sorted(range(8), key=lambda j: (-round(row[j], 6), j))[:neighbours]
        row[[j for j in range(8) if j not in kept]] = 0.0
    return weights


@given(pairs, exponents)
def check_against_the_formula(rows: Pairs, exponent: tuple[float, float, float, float]) -> None:
    a, b, c, p = exponent
    model = ItemKNN(user_exponent=a, item_exponent=b, target_exponent=c, power=p).fit(table_of(rows))
    weights = formula(rows, a, b, c, p)
    out = model.recommend(sorted({f"c{u}" for u, _ in rows}), 8).to_pylist()
    for line in out:
        basket = {i for u, i in rows if f"c{u}" == line["customer_id"]}
        added = {f"i{i}": weights[i, int(line["item_id"][1:])] for i in basket}
        assert line["score"] == pytest.approx(sum(added.values()), rel=1e-5)
        if line["score"]:
            assert added[line["reason_item_id"]] == pytest.approx(max(added.values()), rel=1e-5)
            assert line["reason_share"] == pytest.approx(max(added.values()) / sum(added.values()), rel=1e-5)
        else:
            assert line["reason_item_id"] is line["reason_share"] is None
    assert len(out) == len({u for u, _ in rows}) * len({i for _, i in rows})


def test_scores_and_reasons_are_those_of_the_formula(path: str) -> None:
    check_against_the_formula()


@given(pairs)
def check_excluding(rows: Pairs) -> None:
    table = table_of(rows)
    everything = ItemKNN().fit(table).recommend(table["customer_id"], 8).to_pylist()
    bought = {(f"c{u}", f"i{i}") for u, i in rows}
    left = [line for line in everything if (line["customer_id"], line["item_id"]) not in bought]
    out = ItemKNN(exclude_bought=True).fit(table).recommend(table["customer_id"], 8).to_pylist()
    without_rank = [{k: v for k, v in line.items() if k != "rank"} for line in out]
    assert without_rank == [{k: v for k, v in line.items() if k != "rank"} for line in left]


def test_excluding_what_was_bought_leaves_the_rest_as_it_is(path: str) -> None:
    check_excluding()


@given(pairs)
def check_explanation(rows: Pairs) -> None:
    model = ItemKNN().fit(table_of(rows))
    for line in model.recommend(["c0", "c1", "new"], 3).to_pylist():
        parts = model.explain(line["customer_id"], line["item_id"]).to_pylist()
        assert sum(part["contribution"] for part in parts) == pytest.approx(line["score"])
        if parts:
            assert sum(part["share"] for part in parts) == pytest.approx(1)
            assert parts[0]["reason_item_id"] == line["reason_item_id"]


def test_the_parts_of_a_score_sum_to_it(path: str) -> None:
    check_explanation()


@given(pairs, st.integers(1, 4))
def check_neighbours(rows: Pairs, count: int) -> None:
    model = ItemKNN(neighbours=count).fit(table_of(rows))
    weights = formula(rows, 0.5, 0.5, 0.3, 0.7, neighbours=count)
    out = model.similar_items([f"i{i}" for i in range(8)], 8).to_pylist()
    assert {(line["item_id"], line["similar_item_id"]) for line in out} == {
        (f"i{i}", f"i{j}") for i, j in zip(*np.nonzero(weights), strict=True)
    }
    for line in out:
        i, j = int(line["item_id"][1:]), int(line["similar_item_id"][1:])
        assert line["score"] == pytest.approx(weights[i, j], rel=1e-5)


def test_each_item_keeps_its_strongest_neighbours(path: str) -> None:
    check_neighbours()


def test_both_paths_give_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    table = pa.table({"customer_id": rng.integers(0, 200, 3000), "item_id": rng.integers(0, 60, 3000)})
    one = ItemKNN(neighbours=20, exclude_bought=True).fit(table).recommend(range_of(210), 10)
    monkeypatch.setattr(neighbours, "FEW_ITEMS", 0)
    monkeypatch.setattr(shortlist, "CELLS", 500)
    two = ItemKNN(neighbours=20, exclude_bought=True).fit(table).recommend(range_of(210), 10)
    assert one.equals(two)


def range_of(count: int) -> list[int]:
    return list(range(count))


def test_new_customers_get_what_is_popular_with_score_zero() -> None:
    model = ItemKNN().fit(table_of([(0, 0), (1, 0), (1, 1), (2, 2)]))
    out = model.recommend(["nobody"], 2).to_pylist()
    assert [(line["item_id"], line["score"], line["reason_item_id"]) for line in out] == [
        ("i0", 0.0, None),
        ("i1", 0.0, None),
    ]
    assert model.explain("nobody", "i0").num_rows == model.explain("c0", "nothing").num_rows == 0
    assert model.similar_items(["nothing"]).num_rows == 0


def test_settings_out_of_range_are_refused() -> None:
    for setting in ({"neighbours": 0}, {"power": 0}):
        with pytest.raises(OptionError, match="power above 0"):
            ItemKNN(**setting).fit(table_of([(0, 0)]))


@pytest.mark.slow
@pytest.mark.data
def test_gowalla_recall_is_that_of_the_benchmark(data_dir: Path) -> None:
    def split(name: str) -> list[list[int]]:
        lines = (data_dir / "gowalla" / name).read_text(encoding="utf-8").splitlines()
        return [[int(word) for word in line.split()] for line in lines]

    train = split("train.txt")
    users = np.repeat([line[0] for line in train], [len(line) - 1 for line in train])
    items = np.array([item for line in train for item in line[1:]])
    truth = {line[0]: set(line[1:]) for line in split("test.txt") if len(line) > 1}
    model = ItemKNN(exclude_bought=True).fit({"customer_id": users, "item_id": items})
    found = model.recommend(sorted(truth), 20)
    hits = dict.fromkeys(truth, 0)
    for user, item in zip(found["customer_id"].to_pylist(), found["item_id"].to_pylist(), strict=True):
        hits[user] += item in truth[user]
    recall = np.mean([hits[user] / len(truth[user]) for user in truth])
    assert recall == pytest.approx(0.1821, abs=0.0005)
