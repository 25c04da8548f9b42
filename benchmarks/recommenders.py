"""Recommenders on Gowalla: Recall@20 and NDCG@20 of the full ranking, with time and memory, beside implicit.

    python benchmarks/recommenders.py --data FOLDER [--peers no]

FOLDER holds ``train.txt`` and ``test.txt``: one line per user, the user and then the items, as whole
numbers (the split of LightGCN, left as it is: fit on train, ask for test, train items masked). NDCG divides
by the ideal of min(20, items asked for). Every method runs in a process of its own; the peer lives in an
environment that this file makes and throws away. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

import numpy as np

TOP = 20
OURS = ("Popularity", "ItemKNN", "ItemKNN as cosine")
PEERS = ("implicit cosine", "implicit BM25", "implicit ALS")


def read_split(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """(users, items) of a file with one user and its items a line."""
    users, items = [], []
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            user, *bought = (int(word) for word in line.split())
            users += [user] * len(bought)
            items += bought
    return np.array(users), np.array(items)


def our_model(method: str):
    """The model of a method; the defaults are what we recommend."""
    from regulars.models.recommend.neighbours import ItemKNN
    from regulars.models.recommend.popularity import Popularity

    if method == "Popularity":
        return Popularity(exclude_bought=True)
    if method == "ItemKNN":
        return ItemKNN(exclude_bought=True)
    return ItemKNN(exclude_bought=True, user_exponent=0, item_exponent=0.5, target_exponent=0.5, power=1)


def run_ours(method: str, folder: Path) -> None:
    """Fit, recommend, and leave the lists and the costs in ``folder``."""
    import pyarrow as pa

    with np.load(folder / "split.npz") as split:
        users, items, asked = split["train_users"], split["train_items"], split["asked"]
    table = pa.table({"customer_id": users, "item_id": items})
    started = time.perf_counter()
    model = our_model(method).fit(table)
    fitted = time.perf_counter()
    found = model.recommend(asked, TOP)
    done = time.perf_counter()
    lists = np.full((len(asked), TOP), -1)
    rows = np.searchsorted(asked, found["customer_id"].to_numpy())
    lists[rows, found["rank"].to_numpy() - 1] = found["item_id"].to_numpy()
    np.save(folder / "lists.npy", lists)
    print(
        json.dumps({"fit_s": fitted - started, "recommend_s": done - fitted, "peak_memory_mb": peak_memory()})
    )


def peak_memory() -> float:
    """Highest resident memory of this process, in MB."""
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


# What the peer's process runs: the same split, the same answer.
PEER = """
import json, resource, sys, time
import numpy as np
from scipy.sparse import csr_matrix
from implicit.als import AlternatingLeastSquares
from implicit.nearest_neighbours import BM25Recommender, CosineRecommender
method, folder, top = sys.argv[1], sys.argv[2], int(sys.argv[3])
split = np.load(folder + "/split.npz")
users, items, asked = split["train_users"], split["train_items"], split["asked"]
seen = csr_matrix((np.ones(len(users), np.float32), (users, items)))
started = time.perf_counter()
if method == "implicit ALS":  # the best of a coarse grid on validation users
    model = AlternatingLeastSquares(factors=256, regularization=10, alpha=20, iterations=10, random_state=0)
else:
    model = (CosineRecommender if method == "implicit cosine" else BM25Recommender)(K=200)
model.fit(seen, show_progress=False)
fitted = time.perf_counter()
lists, _ = model.recommend(asked, seen[asked], N=top, filter_already_liked_items=True)
done = time.perf_counter()
np.save(folder + "/lists.npy", lists)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
print(json.dumps({"fit_s": fitted - started, "recommend_s": done - fitted, "peak_memory_mb": peak}))
"""


def peer_python(folder: Path) -> Path | None:
    """A Python with implicit in a fresh environment, or None (with the reason said) where it cannot be made."""
    venv.create(folder / "peer", with_pip=True)
    python = folder / "peer" / ("Scripts" if os.name == "nt" else "bin") / "python"
    install = [str(python), "-m", "pip", "install", "--quiet", "--only-binary", ":all:", "implicit"]
    made = subprocess.run(install, capture_output=True, text=True, check=False)
    if made.returncode:
        print(
            "no peer: pip could not install implicit:", made.stderr.strip().splitlines()[-1:], file=sys.stderr
        )
        return None
    return python


def measured(
    command: list[str], folder: Path, asked: np.ndarray, truth: dict[int, set[int]]
) -> dict[str, float]:
    """Run one method in its own process; its costs and how good its lists are."""
    threads = {"OPENBLAS_NUM_THREADS": "1"}  # implicit asks for it; its own threads stay
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **threads})
    if done.returncode:
        raise SystemExit(f"{' '.join(command[:4])} failed:\n{done.stderr}")
    costs = json.loads(done.stdout.splitlines()[-1])
    lists = np.load(folder / "lists.npy")
    return {**quality(lists, asked, truth), **{name: round(value, 2) for name, value in costs.items()}}


def quality(lists: np.ndarray, asked: np.ndarray, truth: dict[int, set[int]]) -> dict[str, float]:
    """Recall and NDCG of the lists, and the share of all items that appear in some list."""
    gain = 1 / np.log2(np.arange(2, TOP + 2))
    recall, ndcg = [], []
    for user, items in zip(asked.tolist(), lists.tolist(), strict=True):
        hits = np.array([item in truth[user] for item in items])
        recall.append(hits.sum() / len(truth[user]))
        ndcg.append((gain * hits).sum() / gain[: min(TOP, len(truth[user]))].sum())
    return {
        "recall_at_20": round(float(np.mean(recall)), 4),
        "ndcg_at_20": round(float(np.mean(ndcg)), 4),
        "items_shown": len(np.unique(lists[lists >= 0])),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = os.environ.get("REGULARS_DATA")
    parser.add_argument("--data", type=Path, default=Path(default) / "gowalla" if default else None)
    parser.add_argument("--peers", choices=("yes", "no"), default="yes")
    parser.add_argument("--run", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        return run_ours(options.run, options.data)
    if options.data is None or not (options.data / "train.txt").is_file():
        parser.error(f"no train.txt in {options.data}; say --data FOLDER or set REGULARS_DATA")
    with tempfile.TemporaryDirectory() as scratch:
        compare(options.data, Path(scratch), options.peers == "yes")
    return None


def compare(data: Path, folder: Path, with_peers: bool) -> None:
    """Run every method on the split and print the table and the JSON line."""
    train_users, train_items = read_split(data / "train.txt")
    truth: dict[int, set[int]] = {}
    for user, item in zip(*(part.tolist() for part in read_split(data / "test.txt")), strict=True):
        truth.setdefault(user, set()).add(item)
    asked = np.array(sorted(truth))
    np.savez(folder / "split.npz", train_users=train_users, train_items=train_items, asked=asked)
    commands = {name: [sys.executable, __file__, "--data", str(folder), "--run", name] for name in OURS}
    python = peer_python(folder) if with_peers else None
    if python:
        (folder / "peer.py").write_text(PEER, encoding="utf-8")
        commands |= {
            name: [str(python), str(folder / "peer.py"), name, str(folder), str(TOP)] for name in PEERS
        }
    print(f"{len(asked):,} users asked, {len(train_users):,} pairs to learn from")
    print(
        f"{'':<20}{'Recall@20':>10}{'NDCG@20':>10}{'items shown':>13}{'fit s':>8}{'recommend s':>13}{'peak MB':>9}"
    )
    figures: dict[str, dict[str, float]] = {}
    for name, command in commands.items():
        row = figures[name] = measured(command, folder, asked, truth)
        print(
            f"{name:<20}{row['recall_at_20']:>10.4f}{row['ndcg_at_20']:>10.4f}{row['items_shown']:>13,}"
            f"{row['fit_s']:>8.1f}{row['recommend_s']:>13.1f}{row['peak_memory_mb']:>9.0f}",
            flush=True,
        )
    print(json.dumps({"benchmark": "recommenders", "data": data.name, "methods": figures}))


if __name__ == "__main__":
    main()
