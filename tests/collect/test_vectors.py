"""Vectors of items: every way to write them, kept as they are; bad ones rejected with a reason."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regulars.collect.sources import plan_import
from regulars.collect.vectors import family

ITEMS = 7
LENGTH = 12
MATRIX = np.random.default_rng(3).normal(0, 2, (ITEMS, LENGTH)).astype(np.float32)
IDS = [f"A{number}" for number in range(ITEMS)]


def rows(read, path, **options):
    """Vectors of a file by item and kind, its items and its rejected lines."""
    plan = plan_import(path, **read.settings(**options))
    batches = list(plan.batches(3))
    vectors = pa.Table.from_batches([batch.vectors for batch in batches])
    rejected = pa.Table.from_batches([batch.rejected for batch in batches])
    items = pa.Table.from_batches([batch.items for batch in batches])
    return plan, vectors, items, rejected


def texts(join, inside="{}"):
    return [inside.format(join.join(repr(float(value)) for value in row)) for row in MATRIX]


WRITINGS = {
    "json": texts(", ", "[{}]"),
    "blanks": texts(" "),
    "numpy": texts("  ", "[{}\n]"),
    "semicolons": texts(";"),
    "commas": texts(","),
}


@pytest.mark.parametrize("writing", WRITINGS)
def test_text(read, tmp_path, writing):
    path = tmp_path / "items.csv"
    lines = ["sku,title,embedding"]
    lines += [f'{item},Tea,"{cell}"' for item, cell in zip(IDS, WRITINGS[writing], strict=True)]
    path.write_text("\n".join([*lines, "A9,No vector,"]))
    plan, vectors, items, rejected = rows(read, path)
    assert (plan.source, rejected.num_rows, items.num_rows) == ("items", 0, ITEMS + 1)
    assert plan.mapping["vector"] == "embedding" and plan.mapping["vector_length"] == f"={LENGTH}"
    assert vectors["item_id"].to_pylist() == IDS and set(vectors["kind"].to_pylist()) == {"item"}
    assert np.array_equal(np.array(vectors["vector"].to_pylist(), np.float32), MATRIX)
    assert items["attributes"].null_count == ITEMS + 1, "a vector is no attribute"


@pytest.mark.parametrize(
    "kind",
    [
        pa.list_(pa.float32()),
        pa.list_(pa.float64()),
        pa.large_list(pa.float32()),
        pa.list_(pa.float32(), LENGTH),
    ],
)
def test_lists_of_parquet_and_several_kinds(read, tmp_path, kind):
    table = {
        "sku": IDS,
        "title": ["Tea"] * ITEMS,
        "text_embedding": pa.array(MATRIX.tolist(), kind),
        "image_vector": pa.array((MATRIX * 2).tolist(), kind),
        "video_embedding": pa.array([None, *(MATRIX[1:] * 4).tolist()], kind),
    }
    pq.write_table(pa.table(table), tmp_path / "items.parquet")
    _, vectors, _, rejected = rows(read, tmp_path / "items.parquet")
    assert rejected.num_rows == 0 and vectors.num_rows == 3 * ITEMS - 1
    by_kind = {
        name: vectors.filter(pa.compute.equal(vectors["kind"], name)) for name in ("text", "image", "video")
    }
    assert np.array_equal(np.array(by_kind["image"]["vector"].to_pylist(), np.float32), MATRIX * 2)
    assert by_kind["video"]["item_id"].to_pylist() == IDS[1:]


def test_json_lines(read, tmp_path):
    path = tmp_path / "items.jsonl"
    records = [
        {"sku": item, "title": "Tea", "embedding": row}
        for item, row in zip(IDS, MATRIX.tolist(), strict=True)
    ]
    path.write_text("\n".join(map(json.dumps, records)))
    _, vectors, _, rejected = rows(read, path)
    assert rejected.num_rows == 0
    assert np.array_equal(np.array(vectors["vector"].to_pylist(), np.float32), MATRIX)


def test_a_column_for_each_number(read, tmp_path):
    path = tmp_path / "items.csv"
    names = [f"v{place}" for place in range(LENGTH)]
    lines = [",".join(["sku", "title", *names, "colour"])]
    lines += [
        ",".join([item, "Tea", *map(repr, map(float, row)), "red"])
        for item, row in zip(IDS, MATRIX, strict=True)
    ]
    path.write_text("\n".join([*lines, f"A8,Gap,{',' * (LENGTH - 1)},blue"]))
    plan, vectors, items, rejected = rows(read, path)
    assert rejected.num_rows == 0 and plan.mapping["vector"] == "v0"
    assert np.array_equal(np.array(vectors["vector"].to_pylist(), np.float32), MATRIX)
    assert set(items["attributes"].to_pylist()) == {'{"colour":"red"}', '{"colour":"blue"}'}
    assert not any("v1" in note for note in plan.notes)


def test_bad_vectors_are_rejected_with_a_reason(read, tmp_path):
    path = tmp_path / "items.csv"
    cells = [
        "[1, 2, 3]",
        "[4, 5, 6]",
        "[1, 2]",
        "[1, NaN, 3]",
        "[1, inf, 3]",
        "[1, x, 3]",
        "[1, , 3]",
        "[7, 8, 9]",
        "[]",
        *["[1, 1, 1]"] * 4,
    ]
    path.write_text("sku,title,embedding\n" + "".join(f'A{n},Tea,"{cell}"\n' for n, cell in enumerate(cells)))
    _, vectors, items, rejected = rows(read, path)
    assert vectors["item_id"].to_pylist() == ["A0", "A1", "A7", "A9", "A10", "A11", "A12"]
    assert items["item_id"].to_pylist() == ["A0", "A1", "A7", "A8", "A9", "A10", "A11", "A12"]
    assert set(rejected["code"].to_pylist()) == {"bad_vector"}
    messages = rejected["message"].to_pylist()
    assert messages[0] == "embedding is '[1, 2]'; allowed: 3 numbers, as most of the file's vectors have"
    assert messages[1] == "embedding is '[1, NaN, 3]'; allowed: finite numbers alone"


def test_a_column_that_only_has_such_a_name_is_an_attribute(read, tmp_path):
    path = tmp_path / "items.csv"
    path.write_text("sku,title,vector,features\nA1,Poster,vector art,big\nA2,Poster,pixel art,small\n")
    plan, vectors, items, _ = rows(read, path)
    assert "vector" not in plan.mapping and vectors.num_rows == 0
    assert json.loads(items["attributes"][0].as_py()) == {"vector": "vector art", "features": "big"}


def test_families_end_where_a_number_is_missing():
    assert family(["e_001", "e_002", "e_003"], "e_001") == ["e_001", "e_002", "e_003"]
    assert family(["v0"], "v0") == [] and family(["v", "w"], "v") == []


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=3, max_size=3),
        min_size=1,
        max_size=8,
    )
)
def test_every_float_comes_back(read, tmp_path, matrix):
    path = tmp_path / "items.csv"
    path.write_text("sku,title,embedding\n" + "".join(f'A{n},Tea,"{row}"\n' for n, row in enumerate(matrix)))
    _, vectors, _, rejected = rows(read, path)
    assert rejected.num_rows == 0
    assert np.array_equal(np.array(vectors["vector"].to_pylist(), np.float32), np.array(matrix, np.float32))
