"""The whole path at a size: time, memory and the share of each step.

    python benchmarks/pipeline.py --customers 100000

Makes a shop of N customers with ten order lines each (the simulator's orders), imports it, runs it, and
evaluates it at one origin; each of the three in a process of its own, so that its peak memory is its own.
The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

LINES_PER_CUSTOMER = 10
STEPS = ("simulate", "import", "run", "evaluate")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="where to make the shop; a temporary folder by default")
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        print(json.dumps(one_step(options.step, options.folder, options.customers, options.seed)))
        return
    with tempfile.TemporaryDirectory(prefix="regulars-benchmark-") as scratch:
        folder = options.folder or Path(scratch) / "shop"
        figures = {step: in_own_process(step, folder, options.customers, options.seed) for step in STEPS}
    print_table(options.customers, figures)
    print(json.dumps({"customers": options.customers, "lines_per_customer": LINES_PER_CUSTOMER, **figures}))


def in_own_process(step: str, folder: Path, customers: int, seed: int) -> dict[str, Any]:
    """Run one step in a fresh interpreter and read its figures."""
    command = [sys.executable, __file__, "--step", step, "--folder", str(folder)]
    command += ["--customers", str(customers), "--seed", str(seed)]
    started = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {"seconds": round(time.perf_counter() - started, 2), **figures}


def one_step(step: str, folder: Path, customers: int, seed: int) -> dict[str, Any]:
    """Do the step; say its peak memory and the seconds of its parts."""
    from regulars.pipeline.progress import Progress
    from regulars.store.memory import peak_memory_mb

    progress = Progress()
    rows = {"simulate": simulate, "import": import_, "run": run, "evaluate": evaluate}[step](
        folder, customers, seed, progress
    )
    parts = {name: round(seconds, 2) for name, seconds in progress.seconds.items()}
    return {"peak_memory_mb": round(peak_memory_mb()), "rows": rows, "parts": parts}


def simulate(folder: Path, customers: int, seed: int, progress: Any) -> int:
    from regulars.simulate.shop import write_shop

    truth = folder.with_name(folder.name + ".truth")
    exports = write_shop(
        folder, truth, customers=customers, seed=seed, orders_only=True, lines_per_customer=LINES_PER_CUSTOMER
    )
    return sum(export.row_count for export in exports.files)


def import_(folder: Path, customers: int, seed: int, progress: Any) -> int:
    from regulars.config import Shop as ShopSettings
    from regulars.pipeline.imports import import_files
    from regulars.pipeline.shop import Shop, init_shop
    from regulars.simulate.shop import exports_folder

    init_shop(folder, ShopSettings(name="Benchmark", currency="GBP", time_zone="Europe/London"))
    files = sorted(exports_folder(folder).iterdir())
    return sum(report.read for report in import_files(Shop.open(folder), files, progress=progress))


def run(folder: Path, customers: int, seed: int, progress: Any) -> int:
    from regulars.pipeline.run import run as run_pipeline
    from regulars.pipeline.shop import Shop

    return run_pipeline(Shop.open(folder), progress=progress).row_counts["customer_scores"]


def evaluate(folder: Path, customers: int, seed: int, progress: Any) -> int:
    from regulars.pipeline.evaluate import evaluate as evaluate_pipeline
    from regulars.pipeline.shop import Shop

    return len(evaluate_pipeline(Shop.open(folder), origins=1, progress=progress).metrics)


def print_table(customers: int, figures: dict[str, dict[str, Any]]) -> None:
    total = sum(figure["seconds"] for figure in figures.values())
    print(f"{customers:,} customers, {LINES_PER_CUSTOMER} order lines each\n")
    print(f"{'step':<24}{'seconds':>10}{'share':>8}{'peak MB':>10}{'rows':>14}")
    for step, figure in figures.items():
        share = figure["seconds"] / total
        print(
            f"{step:<24}{figure['seconds']:>10.2f}{share:>8.0%}{figure['peak_memory_mb']:>10,}{figure['rows']:>14,}"
        )
        for part, seconds in figure["parts"].items():
            print(f"  {part:<22}{seconds:>10.2f}{seconds / total:>8.0%}")


if __name__ == "__main__":
    main()
