"""What only the simulator knows: each customer's true prospects, in closed form, written apart from the shop."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from regulars.errors import FileError
from regulars.simulate.arrays import Array, Flags, Floats
from regulars.simulate.catalogue import CATEGORY_NAMES
from regulars.simulate.exports import Exports
from regulars.simulate.habits import Habits
from regulars.simulate.past import Past, World
from regulars.simulate.prospects import expected_orders, order_worth, purchase_probability
from regulars.simulate.responses import LEVER_NAMES, RESPONSE_DAYS, WIN_BACK
from regulars.simulate.season import SHOP_ZONE
from regulars.simulate.tables import CURRENCY

PURCHASE_HORIZON_DAYS = 90
MARGIN_HORIZON_DAYS = 365
CUSTOMERS_FILE = "customers.parquet"
ITEMS_FILE = "items.parquet"
SETTINGS_FILE = "settings.json"


@dataclass(frozen=True)
class Truth:
    """What ``write_shop`` hid: the settings (seed, days, effects), one row per customer, and the items.

    The columns of ``customers`` that answer questions as of the shop's last day:
    ``purchase_probability_90_days``, ``expected_orders_365_days``, ``expected_net_value_365_days`` and
    ``expected_margin_365_days`` (currency units, not discounted), and for each lever
    ``purchase_probability_change_LEVER``: what an action on the last day adds to the 90-day probability.
    """

    settings: dict[str, Any]
    customers: pa.Table
    items: pa.Table

    def column(self, name: str) -> Array:
        """One column of ``customers`` as NumPy; a null of ``drop_out_day`` becomes nan."""
        return self.customers.column(name).to_numpy()

    @property
    def habits(self) -> Habits:
        """How each customer fills a basket."""
        slugs = [_slug(name) for name in CATEGORY_NAMES]
        return Habits(
            taste=np.column_stack([self.column(f"taste_{slug}") for slug in slugs]),
            favourite=np.column_stack([self.column(f"favourite_{slug}") for slug in slugs]),
            further_lines=self.column("further_lines"),
            discount_share=self.column("discount_share"),
        )

    @property
    def log_lift(self) -> Floats:
        """Log factor on the purchase rate after an action: a row per customer, a column per lever."""
        return np.column_stack([self.column(f"log_lift_{lever}") for lever in LEVER_NAMES])


def read_truth(folder: Path) -> Truth:
    """Read what ``write_shop`` wrote to its truth folder; a folder without it is a ``FileError``."""
    path = Path(folder) / SETTINGS_FILE
    if not path.is_file():
        raise FileError(
            f"{folder} holds no truth: {SETTINGS_FILE} is missing", fix="name the truth folder of write_shop"
        )
    return Truth(
        settings=json.loads(path.read_text(encoding="utf-8")),
        customers=pq.read_table(path.with_name(CUSTOMERS_FILE)),
        items=pq.read_table(path.with_name(ITEMS_FILE)),
    )


def customer_truth(world: World, past: Past) -> pa.Table:
    """One row per customer: latents, and prospects as of the last day.

    Who may buy after the last day is a customer still, and the day they will leave is not written: nobody,
    the oracle included, knows it. A revival by a win-back message counts as staying.
    """
    people, responses, spell_end = past.people, past.responses, past.spell_end
    staying = spell_end >= world.last_day
    near, year = _coming_days(world, PURCHASE_HORIZON_DAYS), _coming_days(world, MARGIN_HORIZON_DAYS)
    chance = np.where(staying, purchase_probability(people.rate, people.drop_out_rate, near), 0.0)
    orders = np.where(staying, expected_orders(people.rate, people.drop_out_rate, year), 0.0)
    net, margin = order_worth(world.catalogue, people.habits)
    columns: dict[str, Any] = {
        "customer_id": people.ids(),
        "joined_day": people.joined_day,
        "drop_out_day": pa.array(spell_end + 1, mask=staying),
        "is_customer": staying,
        "purchase_rate": people.rate,
        "drop_out_rate": people.drop_out_rate,
        "order_count": past.order_counts,
        "purchase_probability_90_days": chance,
        "expected_orders_365_days": orders,
        "net_value_per_order": net,
        "margin_per_order": margin,
        "expected_net_value_365_days": orders * net,
        "expected_margin_365_days": orders * margin,
        "price_sensitivity": people.price_sensitivity,
        "further_lines": people.habits.further_lines,
        "discount_share": people.habits.discount_share,
        "revival_probability": responses.revival,
    }
    columns |= _lever_columns(past, near, staying, chance)
    columns |= {f"taste_{_slug(name)}": people.habits.taste[:, c] for c, name in enumerate(CATEGORY_NAMES)}
    columns |= {
        f"favourite_{_slug(name)}": people.habits.favourite[:, c] for c, name in enumerate(CATEGORY_NAMES)
    }
    return pa.table(columns)


def _lever_columns(past: Past, near: Floats, staying: Flags, chance: Floats) -> dict[str, Floats]:
    people, responses = past.people, past.responses
    columns = {}
    for number, lever in enumerate(LEVER_NAMES):
        lift = responses.log_lift[:, number]
        treated = purchase_probability(people.rate, people.drop_out_rate, near, lift)
        back = responses.revival if number == WIN_BACK else 0.0
        columns[f"log_lift_{lever}"] = lift
        columns[f"purchase_probability_change_{lever}"] = np.where(staying, treated - chance, back * treated)
    return columns


def write_world(world: World, folder: Path, customers: int, orders_only: bool, exports: Exports) -> None:
    """Write the settings and the items beside the customers' truth."""
    catalogue, items = world.catalogue, world.catalogue.table()
    for name in ("quality", "return_rate", "popularity"):
        items = items.append_column(name, pa.array(getattr(catalogue, name)))
    pq.write_table(items, folder / ITEMS_FILE)
    settings = {
        "seed": world.seed,
        "customers": customers,
        "first_day": world.first_day,
        "last_day": world.last_day,
        "ends_on": str(date(1970, 1, 1) + timedelta(days=world.last_day)),
        "orders_only": orders_only,
        "currency": CURRENCY,
        "time_zone": SHOP_ZONE,
        "response_days": RESPONSE_DAYS,
        "effects": _effects(world),
        "row_counts": {export.source: export.row_count for export in exports.files},
        "dirty_rows": exports.dirty,
    }
    text = json.dumps(settings, indent=1, sort_keys=True)
    (folder / SETTINGS_FILE).write_text(text + "\n", encoding="utf-8", newline="\n")


def _effects(world: World) -> dict[str, Any]:
    """The shop's mean response to each lever; a revival that never happens is null."""
    effects, names = world.effects, ("mean", "by_price", "by_age", "spread")
    levers = {
        lever: {name: float(getattr(effects, name)[k]) for name in names}
        for k, lever in enumerate(LEVER_NAMES)
    }
    never = not np.isfinite(effects.revival)
    return {"levers": levers, "revival_log_odds": None if never else float(effects.revival)}


def _coming_days(world: World, days: int) -> Floats:
    """The day factors of the days after the last one."""
    start = world.last_day - world.first_day + 1
    return world.season.factors[start : start + days]


def _slug(name: str) -> str:
    return name.lower().replace(" ", "_")
