"""The days from which a forecast is made again to see how it would have done."""

from __future__ import annotations

from regulars.errors import OptionError

SHORTEST_DAYS = 28


def origins(last_day: int, count: int, horizon_days: int, first_day: int) -> list[int]:
    """``count`` forecast origins, the earliest first: the last one's horizon ends on ``last_day``.

    Horizons do not overlap, and the earliest origin has at least one horizon of history before it, for a
    model has to learn what it will be asked.

    Parameters
    ----------
    last_day, first_day
        Last and first day with data (days since 1970-01-01).
    count
        Number of origins, at least 1.
    horizon_days
        Length of the forecast, days.

    Returns
    -------
    list of int
        Days, inclusive: a fit at an origin sees events up to and on that day.

    Raises
    ------
    OptionError
        ``count`` or ``horizon_days`` below 1, or too little history: says how many days are needed.

    Examples
    --------
    >>> origins(last_day=1000, count=2, horizon_days=90, first_day=600)
    [820, 910]
    """
    for name, value in (("count", count), ("horizon_days", horizon_days)):
        if value < 1:
            raise OptionError(f"{name} is {value}", allowed="1 or more")
    there, needed = last_day - first_day, (count + 1) * horizon_days
    if there < needed:
        most = there // horizon_days - 1
        raise OptionError(
            f"the data span {there} days, and {count} origins with a horizon of {horizon_days} days need {needed}",
            fix=_mend(most, there),
        )
    return [last_day - horizon_days * back for back in range(count, 0, -1)]


def _mend(most: int, there: int) -> str:
    """What to type instead, or to wait for."""
    if most >= 1:
        return f"ask for {most} origin{'s' if most > 1 else ''}: --origins {most}"
    if there >= SHORTEST_DAYS:
        return f"a shorter horizon: --origins 1 --horizon-days {there // 2}"
    return "import more history: so few days cannot be split into past and future"
