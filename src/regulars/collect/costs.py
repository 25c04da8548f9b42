"""What campaigns cost: exports of advertising tools and tables of a shop's own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from regulars.collect.vocabulary import COLUMN_WORDS, plain_word

TARGETS = ("time", "campaign", "channel", "cost", "currency")
NEEDS = (("time",), ("campaign", "channel"), ("cost",))
# Meta, Google, Microsoft, TikTok, LinkedIn and Pinterest, as they head their columns.
WORDS = {
    "time": (
        "day", "date", "by_day", "gregorian_date", "time_period", "start_date_utc", "start_date_in_utc", "reporting_starts",
        "Tag", "jour", "Berichtsstart",
    ),
    "campaign": ("campaign", "campaign_name", "campaign_id", "Kampagnenname", "nom de la campagne"),
    "channel": (*COLUMN_WORDS["channel"], "platform", "publisher_platform", "network", "ad_network"),
    "cost": (
        "amount_spent", "cost", "costs", "spend", "total_spent", "spent", "ad_spend", "total_cost", "spend_in_account_currency",
        "Ausgegebener Betrag", "Ausgaben", "Kosten", "montant dépensé", "coût", "花费金额", "花费",
    ),
    "currency": (*COLUMN_WORDS["currency"], "account_currency", "Währungscode"),
}  # fmt: skip

_CODES = (
    "EUR",
    "USD",
    "GBP",
    "CHF",
    "SEK",
    "NOK",
    "DKK",
    "PLN",
    "CZK",
    "CNY",
    "JPY",
    "INR",
    "BRL",
    "CAD",
    "AUD",
    "NZD",
)
_SIGNS = {"€": "EUR", "£": "GBP", "₹": "INR", "zł": "PLN"}
_LABEL = re.compile(
    rf"^(?P<words>.+?)[\s_]*(?:[(\[]\s*(?P<inside>[A-Z]{{3}}|{'|'.join(_SIGNS)})\s*[)\]]|[\s_](?P<after>{'|'.join(_CODES)}|"
    rf"{'|'.join(code.lower() for code in _CODES)}))$"
)  # fmt: skip


def cost_mapping(mapping: Mapping[str, str], names: Sequence[str] = ()) -> dict[str, str]:
    """A guessed mapping in which a label such as ``Amount spent (GBP)`` says the cost and its currency.

    >>> cost_mapping({"time": "Day"}, ["Day", "Amount spent (GBP)"])
    {'time': 'Day', 'cost': 'Amount spent (GBP)', 'currency': '=GBP'}
    """
    completed = dict(mapping)
    wanted = [plain_word(word) for word in WORDS["cost"]]
    labels = {
        name: found
        for name in names
        if (found := _LABEL.match(name)) and plain_word(found["words"]) in wanted
    }
    if not labels:
        return completed
    best = min(labels, key=lambda name: wanted.index(plain_word(labels[name]["words"])))
    if completed.setdefault("cost", best) == best and "currency" not in completed:
        code = labels[best]["inside"] or labels[best]["after"]
        completed["currency"] = "=" + _SIGNS.get(code, code.upper())
    return completed
