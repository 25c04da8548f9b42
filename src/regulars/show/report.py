"""The report: one HTML file that holds everything it shows and asks the network for nothing."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
from collections.abc import Sequence
from importlib import resources
from typing import TYPE_CHECKING, Any

from regulars.show.blocks import Figure, Section
from regulars.show.charts.theme import FONT
from regulars.show.frames import Facts, Tables
from regulars.show.sections.actions import actions
from regulars.show.sections.cohorts import cohorts
from regulars.show.sections.effects import effects
from regulars.show.sections.groups import groups
from regulars.show.sections.headline import headline
from regulars.show.sections.lifecycle import lifecycle
from regulars.show.sections.sales import sales
from regulars.show.sections.trust import trust
from regulars.show.sections.value import value
from regulars.show.words import Words

if TYPE_CHECKING:
    import jinja2

# In the order of the page: what is, what it is worth, what to do, how far to trust it.
SECTIONS = (headline, lifecycle, value, actions, effects, cohorts, groups, sales, trust)

# What the page reads of the widest table; whoever hands tables over may leave the other columns out.
FEATURE_COLUMNS = (
    "customer_id", "purchase_count", "days_since_last_purchase", "net_value", "net_value_last_365_days",
    "purchase_count_last_365_days", "visit_count",
)  # fmt: skip

SCRIPTS = ("vega.min.js", "vega-lite.min.js", "vega-embed.min.js")

HTML_LANGUAGES = {"en": "en", "zh": "zh-Hans"}


def render_report(tables: Tables, facts: Facts, language: str = "en") -> str:
    """The report of one run as the text of one HTML file.

    It opens in any browser without a network: charts, scripts and styles are inside. The same input gives
    the same bytes. Every table and fact may be missing or empty; its part of the page then says what is
    missing and what to type.

    Parameters
    ----------
    tables
        Arrow tables by their name in ``schema.py``: ``customer_features``, ``customer_scores``,
        ``segments``, ``stages``, ``transitions``, ``cohorts``, ``sales``, ``actions``, ``item_features``,
        ``offer_effects``, ``evaluation_metrics``, ``evaluation_calibration``.
    facts
        What no table holds: ``shop_name``, ``currency`` (ISO 4217), ``as_of`` (date or ISO text),
        ``customer_count`` and ``buyer_count`` (else counted, visitors apart), ``clv_horizon_days``, ``churn_horizon_days``,
        ``margin_rate`` (0-1), ``margin_rate_is_assumed``, ``budget`` and ``budget_spent`` (money),
        ``holdout_share`` (0-1), ``offers`` (offer_id -> title), ``imports`` (``read_count``,
        ``stored_count``, ``duplicate_count``, ``rejected_count``, ``anonymous_count``), ``notes`` (list of
        ``{"code": ..., "values": {...}}``), ``evaluation_is_of_other_data`` (the newest backtest was left
        out), ``code_version``, ``run_id``.
    language
        ``en`` or ``zh``.

    Returns
    -------
    str
        HTML; everything that came from the data is escaped.

    Raises
    ------
    OptionError
        There are no words in ``language``.

    Examples
    --------
    >>> page = render_report({}, {"shop_name": "Tea & Co"})
    >>> "Tea &amp; Co" in page, "regulars run" in page
    (True, True)
    """
    words = Words(
        language, str(facts.get("currency") or ""), churn_days=facts.get("churn_horizon_days"), clv_days=facts.get("clv_horizon_days")
    )  # fmt: skip
    sections = [make(tables, facts, words) for make in SECTIONS]
    shop = str(facts.get("shop_name") or words("report.shop"))
    scripts = _scripts()
    text: str = _template().render(
        words=words,
        html_language=HTML_LANGUAGES[language],
        shop=shop,
        as_of=words("report.as_of", date=words.date(facts["as_of"])) if facts.get("as_of") else "",
        sections=sections,
        style=_text("templates/report.css").replace("FONT", FONT),
        scripts=scripts,
        policy=_content_policy(scripts),
        specs=_specs(sections),
        footer=_footer(facts, words),
    )
    return text


def _footer(facts: Facts, words: Words) -> str:
    if not (facts.get("code_version") and facts.get("run_id") and facts.get("as_of")):
        return words("report.footer_short")
    version, run = str(facts["code_version"]), str(facts["run_id"])
    return words("report.footer", version=version, run=run, date=words.date(facts["as_of"]))


def _specs(sections: Sequence[Section]) -> str:
    """All charts as one JSON object that is safe inside a script element."""
    specs = {
        block.id: block.spec for section in sections for block in section.blocks if isinstance(block, Figure)
    }
    text = json.dumps(specs, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


@functools.cache
def _scripts() -> tuple[str, ...]:
    """The vendored libraries, then the page's own lines; their source maps are not shipped."""
    libraries = [_text(f"static/{name}") for name in SCRIPTS]
    bare = [text.split("\n//# sourceMappingURL=")[0] for text in libraries]
    return (*bare, _text("templates/report.js"))


def _content_policy(scripts: Sequence[str]) -> str:
    """What the browser may run: these scripts and no other, and nothing from the network."""
    digests = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in scripts]
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'"
    )


@functools.cache
def _template() -> jinja2.Template:
    import jinja2

    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    return environment.from_string(_text("templates/report.html.j2"))


def _text(name: str) -> str:
    found: Any = resources.files("regulars.show").joinpath(*name.split("/"))
    text: str = found.read_text(encoding="utf-8")
    return text
