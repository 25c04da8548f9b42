import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from regulars.collect.identity import EVIDENCE, identity_map, merge_edges


def links(rows):
    return pa.table(
        {
            "user_id": pa.array([row[0] for row in rows], pa.string()),
            "anonymous_id": pa.array([row[1] for row in rows], pa.string()),
            "first_us": pa.array([row[2] for row in rows], pa.int64()),
        }
    )


def customers(rows):
    found = identity_map(links(rows)).to_pylist()
    return {(row["id_kind"], row["id"]): row["customer_id"] for row in found}


def test_a_device_belongs_to_the_user_it_was_first_seen_with():
    found = customers([("u2", "d", 9), ("u1", "d", 5), (None, "d", 1), (None, "e", 2), ("u3", None, 4)])
    assert found == {
        ("anonymous", "d"): "u1", ("anonymous", "e"): "a:e", ("user", "u1"): "u1", ("user", "u2"): "u2", ("user", "u3"): "u3",
    }  # fmt: skip


def test_users_who_share_a_device_are_not_merged():
    found = customers([("u1", "d", 1), ("u2", "d", 2), ("u2", "e", 3)])
    assert found["user", "u1"] == "u1" and found["user", "u2"] == "u2" and found["anonymous", "e"] == "u2"


def test_edges_carry_time_and_evidence():
    rows = merge_edges(links([("b", "d", 5), ("a", "d", 5), ("a", "c", 7)])).to_pylist()
    assert rows == [
        {"anonymous_id": "c", "user_id": "a", "first_us": 7, "evidence": EVIDENCE},
        {"anonymous_id": "d", "user_id": "a", "first_us": 5, "evidence": EVIDENCE},
    ]


def test_no_links():
    assert identity_map(links([])).num_rows == 0 and merge_edges(links([])).num_rows == 0


ids = st.none() | st.sampled_from("abcd")
pairs = st.lists(st.tuples(ids, ids, st.integers(0, 9)), max_size=30)


@given(pairs, st.randoms())
def test_every_id_has_one_customer_whatever_the_order(rows, random):
    expected = identity_map(links(rows))
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert identity_map(links(shuffled)).equals(expected)
    keys = list(zip(expected["id_kind"].to_pylist(), expected["id"].to_pylist(), strict=True))
    assert len(keys) == len(set(keys))
    assert {k for k in keys if k[0] == "user"} == {("user", row[0]) for row in rows if row[0]}
    assert {k for k in keys if k[0] == "anonymous"} == {("anonymous", row[1]) for row in rows if row[1]}
    assert all(row["customer_id"] == row["id"] for row in expected.to_pylist() if row["id_kind"] == "user")
