"""One customer: history, stage, scores with the parts they are made of, action and items."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from regulars.collect.contacts import hashed_contact, plain_email, plain_phone
from regulars.errors import OptionError, nearest
from regulars.insight.calendar import date_of
from regulars.models.clv import PURCHASE_MODELS, CustomerLifetimeValue
from regulars.models.lifecycle import LifecycleRule
from regulars.models.rfm import RFM
from regulars.models.segments import ValueGroups
from regulars.models.spend import GammaGamma
from regulars.pipeline.run import read_offers
from regulars.pipeline.scores import Models
from regulars.pipeline.shop import Shop
from regulars.show.customer import customer_text
from regulars.store.snapshot import current_run, read_table

Row = dict[str, Any]


@dataclass(frozen=True)
class Explanation:
    """Everything that a run says about one customer; each part is a plain record."""

    customer_id: str
    run_id: str
    features: Row
    stage: Row
    stage_history: list[Row]
    scores: Row
    clv_parts: Row
    churn_parts: Row
    groups: Row
    action: Row
    recommendations: list[Row]

    def as_dict(self) -> Row:
        """For JSON."""
        return dict(vars(self))

    def __repr__(self) -> str:
        horizon = self.clv_parts.get("horizon_days", 0)
        return customer_text(self.as_dict(), currency=self.action["currency"], clv_horizon_days=horizon)


def explain(shop: Shop, customer_id: str) -> Explanation:
    """What the newest run says about a customer, and why; an e-mail address or phone number names one as well.

    Reads published tables and saved models only: it works while another command writes.

    Raises
    ------
    ShopError
        Nothing was run yet.
    OptionError
        No customer has this id; the nearest ids are named.
    """
    folder = current_run(shop.folder)
    features = _rows(folder, "customer_features", customer_id)
    if features.num_rows == 0 and (plain_email(customer_id) or plain_phone(customer_id)):
        customer_id = hashed_contact(customer_id, shop.hash_key)
        features = _rows(folder, "customer_features", customer_id)
    if features.num_rows == 0:
        known: list[Any] = (
            read_table(folder, "customer_scores", columns=["customer_id"]).column("customer_id").to_pylist()
        )
        raise OptionError(
            f"the run {folder.name} has no customer {customer_id}.{nearest(customer_id, known)}",
            allowed="an id of `regulars show customers`",
        )
    models = load_models(shop.folder / "models" / folder.name)
    feature_row = features.to_pylist()[0]
    bought = feature_row["purchase_day_count"] > 0
    staged = features.append_column("signed_up", features.column("signed_up_day").is_valid())
    titles = _titles(folder)
    action = _rows(folder, "actions", customer_id).to_pylist()[0]
    action["reason_values"] = json.loads(action["reason_values"] or "{}")
    action["item_titles"] = [titles.get(item) or item for item in action["item_ids"] or []]
    offers = {offer.id: offer.title for offer in read_offers(shop)}
    action["offer_title"] = offers.get(action["offer_id"])
    return Explanation(
        customer_id,
        folder.name,
        feature_row,
        _without_key(models.lifecycle.explain(staged)),
        [
            {"as_of": str(date_of(row["as_of_day"])), "stage": row["stage"]}
            for row in _rows(folder, "stages", customer_id).sort_by("as_of_day").to_pylist()
        ],
        _without_key(_rows(folder, "customer_scores", customer_id)),
        _clv_parts(models, features) if bought else {},
        _churn_parts(models, features) if bought else {},
        _without_key(_rows(folder, "segments", customer_id)),
        action,
        [
            row | {"title": titles.get(row["item_id"]), "reason_title": titles.get(row["reason_item_id"])}
            for row in _rows(folder, "recommendations", customer_id).sort_by("rank").to_pylist()
        ],
    )


def load_models(folder: Path) -> Models:
    """The models that a run saved."""
    kind = json.loads((folder / "purchases" / "model.json").read_text(encoding="utf-8"))["model"]
    return Models(
        PURCHASE_MODELS[kind].load(folder / "purchases"),
        GammaGamma.load(folder / "spend"),
        CustomerLifetimeValue.load(folder / "clv"),
        LifecycleRule.load(folder / "lifecycle"),
        RFM.load(folder / "rfm"),
        ValueGroups.load(folder / "groups"),
    )


def _clv_parts(models: Models, features: pa.Table) -> Row:
    """The factors of the value, with the horizon that they are about."""
    return {"horizon_days": models.clv.horizon_days, **_without_key(models.clv.explain(features))}


def _churn_parts(models: Models, features: pa.Table) -> Row:
    """What the chance of no purchase is made of: chance of being gone, and of silence though there.

    P(no purchase) = (1 - P(alive)) + P(alive) * P(silent | alive); the two parts sum to it.
    """
    row = models.purchases.predict(features).to_pylist()[0]
    gone = 1.0 - row["probability_alive"]
    return {
        "model": type(models.purchases).__name__,
        "horizon_days": models.purchases.horizon_days,
        "already_gone": gone,
        "there_but_silent": row["churn_probability"] - gone,
        "churn_probability": row["churn_probability"],
    }


def _rows(folder: Path, name: str, customer_id: str) -> pa.Table:
    return read_table(folder, name, key="customer_id", value=customer_id).drop_columns("run_id")


def _titles(folder: Path) -> dict[str, str | None]:
    table = read_table(folder, "item_features", columns=["item_id", "title"])
    items: list[Any] = table.column("item_id").to_pylist()
    return dict(zip(items, table.column("title").to_pylist(), strict=True))


def _without_key(table: pa.Table) -> Row:
    row: Row = table.to_pylist()[0]
    row.pop("customer_id", None)
    return row
