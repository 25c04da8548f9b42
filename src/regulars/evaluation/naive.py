"""The naive rate: what anyone would forecast with a pencil, and what a model has to beat."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from regulars.errors import ColumnError, OptionError, nearest

REQUIRED = ("purchase_day_count", "T_days", "net_value")


def naive_forecast(features: pa.Table, horizon_days: int) -> pa.Table:
    """Each customer goes on as so far: the same rate of purchases, the same mean value.

    - rate = ``purchase_day_count`` / max(``T_days``, ``horizon_days``): a customer known for less than a
      horizon is expected to buy as often in the next one as so far;
    - purchases = rate x horizon, P(no purchase) = exp(-purchases) (a Poisson process that never ends);
    - value = purchases x ``net_value`` / ``purchase_day_count``.

    Parameters
    ----------
    features
        ``purchase_day_count`` (count), ``T_days`` (days), ``net_value`` (money); ``customer_id`` is
        carried along where it is there.
    horizon_days
        Length of the forecast, days.

    Returns
    -------
    pa.Table
        One row per row, in the same order: ``naive_churn_probability`` (0-1),
        ``naive_expected_purchases`` (purchase days), ``naive_expected_value`` (money). A customer
        without a purchase is expected to buy nothing.

    Raises
    ------
    ColumnError
        A column is missing.
    OptionError
        ``horizon_days`` is below 1.

    Examples
    --------
    >>> features = pa.table({"purchase_day_count": [4], "T_days": [360], "net_value": [200.0]})
    >>> forecast = naive_forecast(features, 90).to_pylist()[0]
    >>> forecast["naive_expected_purchases"], forecast["naive_expected_value"]
    (1.0, 50.0)
    """
    if horizon_days < 1:
        raise OptionError(f"horizon_days is {horizon_days}", allowed="1 or more")
    count, known_days, value = (_column(features, name) for name in REQUIRED)
    purchases = count / np.maximum(known_days, horizon_days) * horizon_days
    columns = {
        "naive_churn_probability": np.exp(-purchases),
        "naive_expected_purchases": purchases,
        "naive_expected_value": purchases * value / np.maximum(count, 1.0),
    }
    key = {"customer_id": features.column("customer_id")} if "customer_id" in features.column_names else {}
    return pa.table({**key, **columns})


def _column(features: pa.Table, name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    if name not in features.column_names:
        raise ColumnError(
            f"naive_forecast needs the column {name}.{nearest(name, features.column_names)}",
            allowed="columns " + ", ".join(REQUIRED),
        )
    return np.array(
        features.column(name).cast(pa.float64()).fill_null(pa.scalar(0.0)).to_numpy(), dtype=np.float64
    )
