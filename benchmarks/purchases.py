"""Fit and forecast of repeat purchases and spend: Regulars beside the library lifetimes, in one run.

    python benchmarks/purchases.py --customers 100000 [--log-rows 1000000] [--data DIR] [--peer-python PATH]

Simulates customers from the BG/NBD and gamma-gamma models (the parameters of the CDNOW sample, days since
the first purchase uniform over 30..364), and takes the CDNOW sample too where ``DIR/cdnow`` is there. A made log of
``--log-rows`` purchases (pandas, times of two years) becomes the table of customers in both. Each
library runs in a process of its own; lifetimes in a virtual environment that is made for it and thrown away
(``--peer-python`` names one that has it). Times leave out imports; memory is what the peak rose by.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any

import numpy as np

PEER = "lifetimes==0.11.3"

MEASURE = """
import json, resource, statistics, sys, time, warnings
warnings.simplefilter("ignore")
import numpy as np
table = dict(np.load(sys.argv[1]))
repeats = int(sys.argv[2])
{imports}
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
def timed(work):
    seconds = []
    for _ in range(repeats):
        begin = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - begin)
    return result, statistics.median(seconds)
before = peak()
{work}
print(json.dumps(figures))
"""

OURS = MEASURE.format(
    imports="""
import pyarrow as pa, scipy.special
from regulars.models.purchases import BetaGeoNBD
from regulars.models.spend import GammaGamma
table = pa.table(table)
""",
    work="""
model, fit = timed(lambda: BetaGeoNBD().fit(table))
rise = peak() - before
expected, predict = timed(lambda: model.expected_purchases(table, horizon_days=90))
spend, spend_fit = timed(lambda: GammaGamma().fit(table))
figures = {
    "fit_seconds": fit, "fit_memory_mb": rise, "predict_seconds": predict, "spend_fit_seconds": spend_fit,
    "r": model.r_, "alpha_days": model.alpha_, "a": model.a_, "b": model.b_,
    "log_likelihood": model.log_likelihood_, "expected_purchases": float(np.sum(expected)),
    "p": spend.p_, "q": spend.q_, "gamma": spend.gamma_,
}
""",
)

LIFETIMES = MEASURE.format(
    imports="""
from lifetimes import BetaGeoFitter, GammaGammaFitter
x, t_x, T, m = (table[n] for n in ("frequency", "recency_days", "T_days", "monetary_value"))
""",
    work="""
model, fit = timed(lambda: BetaGeoFitter().fit(x, t_x, T))
rise = peak() - before
expected, predict = timed(lambda: model.conditional_expected_number_of_purchases_up_to_time(90, x, t_x, T))
again = x > 0
spend, spend_fit = timed(lambda: GammaGammaFitter().fit(x[again], m[again]))
r, alpha, a, b = (float(model.params_[n]) for n in ("r", "alpha", "a", "b"))
logs = np.log([r, alpha, a, b])
mean_loss = float(BetaGeoFitter._negative_log_likelihood(logs, x, t_x, T, np.ones(len(x)), 0.0))
p, q, gamma = (float(spend.params_[n]) for n in ("p", "q", "v"))
figures = {
    "fit_seconds": fit, "fit_memory_mb": rise, "predict_seconds": predict, "spend_fit_seconds": spend_fit,
    "r": r, "alpha_days": alpha, "a": a, "b": b,
    "log_likelihood": -mean_loss * len(x), "expected_purchases": float(np.sum(expected)),
    "p": p, "q": q, "gamma": gamma,
}
""",
)

AS_LOG = """
import pandas as pd
start = pd.Timestamp("2023-01-01")
log = pd.DataFrame({{"who": table["who"], "at": start + pd.to_timedelta(table["second"], unit="s"), "paid": table["value"]}})
{imports}
"""
SUMMED = """
figures = {
    "summary_seconds": seconds, "customers": len(summary), "frequency": int(summary["frequency"].sum()),
    "mean_monetary_value": float(summary["monetary_value"].mean()),
}
"""
LOG_OURS = MEASURE.format(
    imports=AS_LOG.format(imports="from regulars.pipeline.purchases import purchase_summary"),
    work="""
summary, seconds = timed(lambda: purchase_summary(log, customer="who", time="at", value="paid", as_of="2024-12-31"))
"""
    + SUMMED,
)
LOG_LIFETIMES = MEASURE.format(
    imports=AS_LOG.format(imports="from lifetimes.utils import summary_data_from_transaction_data"),
    work="""
summary, seconds = timed(lambda: summary_data_from_transaction_data(
    log, "who", "at", monetary_value_col="paid", observation_period_end="2024-12-31"))
"""
    + SUMMED,
)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder of data sets; cdnow/CDNOW_sample.txt is used")
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--log-rows", type=int, default=1_000_000, help="purchases in the made log; 0: none")
    parser.add_argument("--repeats", type=int, default=1, help="runs of each step; the median is shown")
    parser.add_argument("--peer-python", help="a Python that has lifetimes, instead of making one")
    options = parser.parse_args()
    figures: dict[str, Any] = {"benchmark": "purchases", "tables": {}}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        peer, reason = peer_python(folder, options.peer_python)
        for name, table in tables(options.data, options.customers).items():
            np.savez(folder / "table.npz", **table)
            sides = {"regulars": run(sys.executable, OURS, folder, options.repeats)}
            sides["lifetimes"] = (
                run(peer, LIFETIMES, folder, options.repeats) if peer else {"not_run": reason}
            )
            figures["tables"][name] = {"customers": len(table["frequency"]), **sides}
            show(name, len(table["frequency"]), sides)
        if options.log_rows:
            np.savez(folder / "table.npz", **made_log(options.log_rows))
            sides = {"regulars": run(sys.executable, LOG_OURS, folder, options.repeats)}
            sides["lifetimes"] = (
                run(peer, LOG_LIFETIMES, folder, options.repeats) if peer else {"not_run": reason}
            )
            figures["log"] = {"rows": options.log_rows, **sides}
            show(f"log of {options.log_rows:,} purchases", int(sides["regulars"].get("customers", 0)), sides)
    print(json.dumps(figures))


def peer_python(folder: Path, given: str | None) -> tuple[str | None, str]:
    """A Python with lifetimes, or the reason why there is none."""
    if given:
        return given, ""
    home = folder / "peer"
    try:
        venv.create(home, with_pip=True)
        python = str(home / ("Scripts" if sys.platform == "win32" else "bin") / "python")
        subprocess.run(
            [python, "-m", "pip", "install", "-q", PEER], check=True, capture_output=True, text=True
        )
    except (subprocess.CalledProcessError, OSError) as error:
        lines = (getattr(error, "stderr", "") or str(error)).strip().splitlines()
        return None, f"{PEER} could not be installed: {lines[-1] if lines else error}"
    return python, ""


def run(python: str, script: str, folder: Path, repeats: int) -> dict[str, Any]:
    """The figures of one library on the table in ``folder``."""
    done = subprocess.run(
        [python, "-c", script, str(folder / "table.npz"), str(repeats)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        return {"not_run": lines[-1] if lines else f"exit code {done.returncode}"}
    return dict(json.loads(done.stdout.splitlines()[-1]))


def tables(data: Path | None, customers: int) -> dict[str, dict[str, Any]]:
    """The tables of the run by name."""
    found: dict[str, dict[str, Any]] = {}
    sample = data / "cdnow" / "CDNOW_sample.txt" if data else None
    if sample and sample.is_file():
        found["cdnow sample"] = cdnow(sample)
    found["simulated"] = simulated(customers)
    return found


def cdnow(path: Path) -> dict[str, Any]:
    """The CDNOW sample as of 1997-09-30, one row per customer."""
    lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    days: dict[str, dict[int, float]] = {}
    for customer, _, date, _, money in lines:
        if date <= "19970930":
            day = int(np.datetime64(f"{date[:4]}-{date[4:6]}-{date[6:]}").astype(int))
            bought = days.setdefault(customer, {})
            bought[day] = bought.get(day, 0.0) + float(money)
    as_of = int(np.datetime64("1997-09-30").astype(int))
    first, last = ([pick(bought) for bought in days.values()] for pick in (min, max))
    later = [[money for day, money in bought.items() if day > min(bought)] for bought in days.values()]
    return {
        "frequency": np.array([len(money) for money in later]),
        "recency_days": np.array(last) - np.array(first),
        "T_days": as_of - np.array(first),
        "monetary_value": np.array([np.mean(money) if money else 0.0 for money in later]),
    }


def simulated(count: int) -> dict[str, Any]:
    """Customers who buy and leave as BG/NBD says, seen by the day; spend as gamma-gamma says."""
    rng = np.random.default_rng(1)
    T = rng.integers(30, 365, count).astype(float)
    rate = rng.gamma(0.2426, 1 / 30.895, count)
    leaving = rng.beta(0.7929, 2.4259, count)
    frequency, recency, now = np.zeros(count), np.zeros(count), np.zeros(count)
    here = np.arange(count)
    while len(here):
        now[here] += rng.exponential(1.0, len(here)) / np.maximum(rate[here], 1e-300)
        here = here[now[here] < T[here]]
        day = np.floor(now[here])
        frequency[here] += day > recency[here]  # purchases of one day are one
        recency[here] = day
        here = here[rng.random(len(here)) >= leaving[here]]
    total = rng.gamma(6.25 * np.maximum(frequency, 1)) * 15.44 / rng.gamma(3.74, size=count)
    value = np.where(frequency > 0, total / np.maximum(frequency, 1), 0.0)
    return {
        "frequency": frequency.astype(np.int64),
        "recency_days": recency.astype(np.int64),
        "T_days": T.astype(np.int64),
        "monetary_value": value,
    }


def made_log(rows: int) -> dict[str, Any]:
    """Purchases of customers at random times of two years, ten to a customer on average."""
    rng = np.random.default_rng(2)
    return {
        "who": rng.integers(0, max(rows // 10, 1), rows),
        "second": rng.integers(0, 731 * 86_400, rows),
        "value": np.round(rng.gamma(5, 4, rows), 2),
    }


def show(name: str, customers: int, sides: dict[str, dict[str, Any]]) -> None:
    """One table for people."""
    print(f"{name}: {customers:,} customers")
    names = ("regulars", "lifetimes")
    print(f"  {'':22}" + "".join(f"{side:>16}" for side in names) + f"{'times less':>12}")
    for figure in sides["regulars"]:
        values = [sides[side].get(figure) for side in names]
        cells = "".join(f"{'-':>16}" if value is None else f"{value:16.5g}" for value in values)
        ours, theirs = (float(value or 0) for value in values)
        cost = figure.endswith(("_seconds", "_mb")) and ours > 0 and theirs > 0
        print(f"  {figure:22}{cells}" + (f"{theirs / ours:12.1f}" if cost else ""))
    for side in names:
        if "not_run" in sides[side]:
            print(f"  {side}: not run: {sides[side]['not_run']}")


if __name__ == "__main__":
    main()
