"""Data quality in words: what the stored data can carry and what it lacks."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from regulars.errors import ShopError
from regulars.insight.quality import Finding, counts, day_ends, findings, trading_days
from regulars.pipeline.days import usual_day
from regulars.pipeline.features import build_features
from regulars.pipeline.shop import Shop


def check(shop: Shop) -> list[Finding]:
    """Findings on the stored data, worst first; each is ``code, severity, values``.

    Raises
    ------
    ShopError
        The shop has no events.
    """
    with shop.store() as store:
        events = store.events(shop.settings.profile)
        totals = store.read(counts(events)).to_pylist()[0]
        if not totals["event_count"]:
            raise ShopError("the shop has no events yet", fix=f"regulars import FILE --shop {shop.folder}")
        days, ends = store.read(trading_days(events)), store.read(day_ends(events))
        # Counted as a run counts them: an order that was given back in full makes no buyer.
        features = build_features(store, shop.settings, usual_day(shop, store))
        buyers = store.read(features.buyers.select("purchase_day_count"))
        rejected = store.read(
            store.table("events_rejected").group_by("code").agg(n=nw.len().cast(nw.Int64)).sort("code")
        )
        by_code: dict[Any, Any] = dict(
            zip(rejected.column("code").to_pylist(), rejected.column("n").to_pylist(), strict=True)
        )
    return findings(totals, days, ends, buyers, by_code)
