"""Stage history -> how many customers went from which stage to which between month ends."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from regulars.schema import TRANSITIONS

Frame = nw.LazyFrame[Any]
UNSEEN = "unseen"


def transitions(history: Frame, steps: Frame) -> Frame:
    """One row per later day, earlier stage and later stage: ``schema.TRANSITIONS``.

    Parameters
    ----------
    history
        ``schema.STAGE_HISTORY``.
    steps
        ``as_of_day, previous_day``: which earlier day each day is compared with.
    """
    before = history.select("customer_id", previous_day="as_of_day", from_stage="stage")
    moves = (
        history.join(steps, on="as_of_day", how="inner")
        .join(before, on=["customer_id", "previous_day"], how="left")
        .with_columns(nw.col("from_stage").fill_null(UNSEEN), to_stage=nw.col("stage"))
        .group_by("as_of_day", "previous_day", "from_stage", "to_stage")
        .agg(customer_count=nw.len().cast(nw.Int64))
    )
    total = nw.col("customer_count").sum().over("as_of_day", "from_stage").cast(nw.Int64)
    return moves.with_columns(share=nw.col("customer_count") / total).select(*TRANSITIONS.names)
