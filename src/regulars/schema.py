"""The words: every table, column, unit, event type, role, stage and lever, defined once.

A column here is the only definition of that name in the whole system; features, models and pages
take its type and unit from here, and the documentation is generated from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

MONEY_UNITS = 10_000
"""Money is stored as whole ten-thousandths of the currency unit and summed as integers."""

DAY_SECONDS = 86_400
ANONYMOUS_PREFIX = "a:"
"""Before a device's id, where no user is known: that is its customer id."""
STORE_VERSION = 2
"""Format version of a shop's store; see ``store/duckdb.py`` for the migrations."""


@dataclass(frozen=True)
class Column:
    """One column: its name, Arrow type, unit and meaning."""

    name: str
    type: str
    unit: str
    doc: str


@dataclass(frozen=True)
class Table:
    """One table: what a row is, its key (also its order when written) and its columns."""

    name: str
    row: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def __getitem__(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    def arrow_schema(self) -> pa.Schema:
        """The table's columns as an Arrow schema."""
        import pyarrow as pa

        types = {
            "int64": pa.int64(),
            "float64": pa.float64(),
            "string": pa.string(),
            "bool": pa.bool_(),
            "date": pa.date32(),
            "strings": pa.list_(pa.string()),
            "floats": pa.list_(pa.float32()),
        }
        return pa.schema([pa.field(column.name, types[column.type]) for column in self.columns])


def _columns(text: str) -> tuple[Column, ...]:
    """Columns from lines of ``name | type | unit | meaning``."""
    rows = (line.split("|") for line in text.strip().splitlines())
    return tuple(Column(*(cell.strip() for cell in row)) for row in rows)


# Event types: what a customer can do or be shown. A profile maps each to roles.
EVENT_TYPES: dict[str, str] = {
    "visit": "opened the shop",
    "view": "looked at an item",
    "search": "searched",
    "click": "clicked on a link, banner or recommendation",
    "cart_add": "put an item into the cart",
    "cart_remove": "took an item out of the cart",
    "checkout": "began to pay",
    "purchase": "bought an item: one order line",
    "charge": "paid or was paid something that is no item: postage, fees, manual corrections",
    "refund": "returned an item or had a line cancelled; value is negative",
    "adjustment": "a stock movement in an order export; no customer did anything",
    "rate": "rated an item",
    "review": "wrote a review",
    "message_sent": "was sent a message",
    "message_opened": "opened a message",
    "message_clicked": "clicked in a message",
    "exposure": "was shown an action",
    "ticket_opened": "asked the support desk",
    "ticket_resolved": "a support ticket was closed",
    "sign_up": "registered",
    "cost": "money spent on a campaign; no customer",
}

ROLES: dict[str, str] = {
    "touch": "a sign of life: the customer was there",
    "engage": "interest in an item or content",
    "convert": "the purchase that the lifecycle counts",
    "value": "moves money; the sign is in the profile",
    "cost": "money that the shop spent",
    "complaint": "the customer is unhappy",
    "resolve": "a complaint was settled",
    "end": "a contractual relationship ended",
}

# Lifecycle stages with the foundation's phase of each, in the order of a life.
STAGES: dict[str, str] = {
    "visitor": "acquisition",
    "registered": "acquisition",
    "new": "conversion",
    "active": "retention",
    "loyal": "retention",
    "at_risk": "retention",
    "reactivated": "retention",
    "churned": "churn",
}

# RFM groups, as marketers call them; which of the 125 cells belongs to which is in models/rfm.py.
RFM_GROUPS: dict[str, str] = {
    "champions": "bought lately, often and for much",
    "loyal_customers": "buys often",
    "potential_loyalists": "bought lately and more than once",
    "new_customers": "bought very lately for the first time",
    "promising": "bought lately for the first time",
    "needs_attention": "average in everything, and drifting",
    "about_to_sleep": "below average, and has been away for a while",
    "at_risk": "bought often or for much, and has been away for long",
    "cannot_lose_them": "one of the best once, and has been away for long",
    "hibernating": "bought little, long ago",
    "lost": "bought least, longest ago",
}

# The groups of the foundation's case.
VALUE_GROUPS: dict[str, str] = {
    "high_value": "buys expensive things often",
    "frequent_low_spend": "buys often for little",
    "high_risk": "has not bought for a while",
    "other": "none of these",
}

LEVERS: dict[str, str] = {
    "acquire": "bring a visitor in",
    "activate": "win the first or second order",
    "engage": "keep the interest alive with content",
    "reward": "thank a loyal customer",
    "win_back": "bring back who is leaving or gone",
    "grow": "raise what a good customer spends",
    "none": "leave the customer alone",
}

EVENTS = Table(
    "events",
    "one thing a customer did or was shown; for purchases one order line",
    ("event_id",),
    _columns("""
    event_id     | string | -       | hash of source, normalised content and how-many-th such line in its file
    source       | string | -       | the named source the line came from
    source_row   | int64  | count   | line number in the file, from 1; breaks ties in time
    import_id    | string | -       | the import that stored it
    user_id      | string | -       | the customer's id as received; contact data becomes a keyed hash
    anonymous_id | string | -       | a device or session id as received
    type         | string | -       | one of EVENT_TYPES
    occurred_us  | int64  | us      | UTC instant, microseconds since 1970-01-01
    day          | int64  | days    | days since 1970-01-01 in the shop's time zone
    second       | int64  | s       | seconds since 1970-01-01 in the shop's time zone (so second mod 86400 is the local time of day)
    order_id     | string | -       | order number as received
    item_id      | string | -       | item code
    quantity     | int64  | 1/10000 | units, in ten-thousandths; negative for refunds
    value        | int64  | 1/10000 | money of the line after discounts, in ten-thousandths; negative for refunds
    currency     | string | -       | ISO 4217 code, upper case
    channel      | string | -       | where the customer came from
    campaign     | string | -       | campaign id
    properties   | string | JSON    | everything else, keys sorted
    """),
)

# Properties that the store lifts out of the JSON so that features can use them on every engine.
EVENT_PROPERTIES: dict[str, Column] = {
    column.name: column
    for column in _columns("""
    discount_value | int64   | 1/10000 | money taken off the line, positive
    country        | string  | -       | country of the order
    rating         | float64 | stars   | stars given
    dwell_seconds  | float64 | s       | time spent on a page or visit
    session_id     | string  | -       | session id of the shop's own tracking
    query          | string  | -       | search words
    text           | string  | -       | text of a review or message
    is_undated     | bool    | -       | true: the export names no day for this refund; the stored day is its order's, and features count it from the last full day of the data
    is_cancellation | bool   | -       | true: this refund takes back a whole order that was cancelled
    """)
}

EVENTS_REJECTED = Table(
    "events_rejected",
    "one line of a file that could not become an event",
    ("line_id",),
    _columns("""
    line_id    | string | - | hash of source, the line and how-many-th such line in its file
    import_id  | string | - | the import that met it first
    source     | string | - | the named source
    file       | string | - | file name
    source_row | int64  | count | line number in the file, from 1
    code       | string | - | one of REJECT_CODES
    message    | string | - | what was found and what is allowed
    payload    | string | JSON | the line as read
    """),
)

REJECT_CODES: dict[str, str] = {
    "bad_time": "the time cannot be read",
    "future_time": "the time is later than now",
    "bad_number": "a quantity or amount cannot be read or is not finite",
    "bad_currency": "another currency than the shop's",
    "bad_vector": "a vector has another length than most of its file, or holds what is no finite number",
    "missing_value": "a needed cell is empty",
    "unknown_type": "an event type that the profile does not know",
    "refund_without_order": "a negative quantity on a line that is no cancellation",
    "broken_line": "the line does not have the file's columns",
    "unreadable": "the line is not text or JSON of the file's kind",
}

ITEMS = Table(
    "items",
    "one item of the catalogue",
    ("item_id",),
    _columns("""
    item_id  | string | - | item code
    title    | string | - | name
    category | string | - | category
    price    | int64  | 1/10000 | list price, in ten-thousandths
    cost     | int64  | 1/10000 | purchase cost, in ten-thousandths
    attributes | string | JSON | everything else, keys sorted
    """),
)

ITEM_VECTORS = Table(
    "item_vectors",
    "one item's vector of one kind, computed outside; all vectors of a kind have one length",
    ("item_id", "kind"),
    _columns("""
    item_id | string | - | item code
    kind    | string | - | what the vector is of: item, text, image or video
    vector  | floats | - | its numbers, 32-bit floats
    """),
)

CUSTOMERS = Table(
    "customers",
    "what the shop knows about one user id besides events",
    ("user_id",),
    _columns("""
    user_id    | string | - | the customer's id as received
    attributes | string | JSON | age, gender, region and so on, keys sorted
    """),
)

# Why an order of an export is no sale.
LEFT_OUT: dict[str, str] = {
    "unpaid": "not paid yet: pending, authorised, on hold, failed",
    "cancelled": "cancelled before it was paid",
    "test": "a test of the shop's payment",
    "foreign_currency": "in another currency than the shop's",
}

ORDERS = Table(
    "orders",
    "one order as an export of whole orders states it, in the version that has gone furthest",
    ("source", "order_id"),
    _columns("""
    source         | string | -       | named source
    order_id       | string | -       | order number as received
    import_id      | string | -       | the import that stored this version
    user_id        | string | -       | the customer's id; null for an order of nobody
    day            | int64  | days    | day of the order, days since 1970-01-01 in the shop's time zone
    currency       | string | -       | ISO 4217 code
    status         | string | -       | status as received
    left_out       | string | -       | why it is no sale, one of LEFT_OUT; null for a sale
    list_value     | int64  | 1/10000 | its lines before any discount
    discount_value | int64  | 1/10000 | taken off its lines, positive
    value          | int64  | 1/10000 | list_value - discount_value: what its purchases sum to
    shipping_value | int64  | 1/10000 | postage
    tax_value      | int64  | 1/10000 | taxes as stated
    tax_is_included | bool  | -       | list_value and value hold the taxes already
    total_value    | int64  | 1/10000 | what the customer was asked to pay, as stated
    refund_value   | int64  | 1/10000 | all that was given back, postage and taxes included; positive
    refund_is_undated | bool | -      | at least a part of refund_value has no day in the file
    is_cancelled   | bool   | -       | cancelled, before or after it was paid
    progress       | int64  | 0-3     | how far its status has gone: 0 unpaid, 1 paid, 2 refunded in part, 3 refunded, cancelled or void
    changed_us     | int64  | us      | latest instant that the order itself names, UTC microseconds
    line_count     | int64  | count   | its lines in the file
    """),
)

CONTACTS = Table(
    "contacts",
    "how one customer can be reached, and whether they agreed: kept apart in contacts.parquet, read by `export` and `erase` alone",
    ("user_id",),
    _columns("""
    user_id    | string | -  | the customer's id as stored with events
    email      | string | -  | e-mail address, lower case
    phone      | string | -  | phone number as received
    country    | string | -  | country as received
    accepts_marketing | bool | - | consent to messages; null where no file says
    stated_us  | int64  | us | instant of the line that stated it, UTC microseconds; the latest statement wins, cell by cell
    """),
)

ERASED = Table(
    "erased",
    "one erased id: a keyed hash that keeps the person out of later imports of old files",
    ("erased_key",),
    _columns("""
    erased_key | string | -   | keyed hash of the id
    erased_at  | string | UTC | when, ISO 8601
    """),
)

ASSIGNMENTS = Table(
    "assignments",
    "one customer of an exported audience, or held out of it: who was assigned what, and when",
    ("run_id", "customer_id"),
    _columns("""
    run_id        | string  | -    | the run whose actions were exported
    customer_id   | string  | -    | customer
    offer_id      | string  | -    | the offer that was assigned, or would have been
    lever         | string  | -    | its lever
    channel       | string  | -    | its channel
    treated       | bool    | -    | true: in the exported file; false: held out by lot
    propensity    | float64 | 0-1  | probability of being treated
    assigned_day  | int64   | days | days since 1970-01-01, shop time: the run's as_of; what is bought after it counts
    audience      | string  | -    | tool that the file was written for; several with commas between them
    expected_margin | float64 | money | margin that was expected of the customer within the churn horizon without an action
    no_purchase_probability | float64 | 0-1 | churn probability on the day of assignment
    contact_cost  | float64 | money | cost of reaching the customer; 0 for held-out ones
    expected_gain | float64 | money | gain that was expected of the action (for held-out ones: of the withheld action), cost taken off
    """),
)

IMPORTS = Table(
    "imports",
    "one file that was imported",
    ("import_id",),
    _columns("""
    import_id   | string | - | id, in the order of import
    source      | string | - | named source
    file        | string | - | file name
    sha256      | string | - | of the file's bytes
    mapping     | string | JSON | the column mapping that was used
    read_count      | int64 | count | lines read
    stored_count    | int64 | count | lines stored
    duplicate_count | int64 | count | lines that were stored before, or of an order that the store knows in a later version
    rejected_count  | int64 | count | lines in quarantine
    erased_count    | int64 | count | lines about people who were erased; not stored
    updated_count   | int64 | count | orders whose stored version gave way to a later one; their lines are a part of stored_count
    anonymous_count | int64 | count | stored lines without a customer
    imported_at | string | UTC | when, ISO 8601
    """),
)

RUNS = Table(
    "runs",
    "one pass of the pipeline",
    ("run_id", "started_at"),
    _columns("""
    run_id      | string | - | day of as_of and a hash of settings, input and code version
    as_of       | string | date | the day, inclusive, up to which events count
    started_at  | string | UTC | when, ISO 8601
    seconds     | float64 | s | wall time
    peak_memory_mb | float64 | MB | highest resident memory of the process
    config_hash | string | - | of the settings that matter to results
    input_hash  | string | - | of the set of event ids, items, customers and identities
    code_version | string | - | version of Regulars
    row_counts  | string | JSON | rows of each result table
    step_seconds | string | JSON | wall time of each step
    notes       | string | JSON | what a reader should know: fits that fell back, rows sampled, assumptions
    """),
)

CUSTOMER_FEATURES = Table(
    "customer_features",
    "one customer as of a day, from events up to that day",
    ("customer_id",),
    _columns("""
    customer_id              | string  | -     | one customer after identities are joined
    purchase_count           | int64   | count | orders that still stand (one whose money all came back stops counting on the refund's day)
    purchase_day_count       | int64   | count | distinct days with a purchase that still stands
    frequency                | int64   | count | repeat purchase days: purchase_day_count - 1, and 0 without a purchase
    recency_days             | int64   | days  | last purchase day - first purchase day
    T_days                   | int64   | days  | as_of - first purchase day
    days_since_last_purchase | int64   | days  | as_of - last purchase day
    first_purchase_day       | int64   | days since 1970 | day of the first purchase that still stands
    last_purchase_day        | int64   | days since 1970 | day of the last purchase that still stands
    monetary_value           | float64 | money | mean net value of the repeat purchase days (the first day left out); 0 without a repeat
    gross_value              | float64 | money | value of all purchases before refunds
    refund_value             | float64 | money | value of all refunds, positive
    net_value                | float64 | money | gross_value - refund_value
    refund_count             | int64   | count | refunded lines
    refund_rate              | float64 | 0-1   | refund_value / gross_value, at most 1
    refunded_order_count     | int64   | count | orders refunded in full
    mean_order_value         | float64 | money | net value of standing orders / purchase_count
    mean_day_value           | float64 | money | mean net value of all purchase days; null without a purchase
    max_order_value          | float64 | money | largest net order
    sd_order_value           | float64 | money | standard deviation of net order values (population)
    last_order_value         | float64 | money | net value of the orders of the last purchase day
    purchase_count_last_30_days  | int64 | count | orders in the 30 days to as_of
    purchase_count_last_90_days  | int64 | count | orders in the 90 days to as_of
    purchase_count_last_365_days | int64 | count | orders in the 365 days to as_of
    net_value_last_30_days   | float64 | money | net value of the 30 days to as_of
    net_value_last_90_days   | float64 | money | net value of the 90 days to as_of
    net_value_last_365_days  | float64 | money | net value of the 365 days to as_of
    purchase_trend           | float64 | -1..1 | (a - b) / (a + b): orders of the last 90 days against the 90 before
    value_trend              | float64 | -1..1 | the same for net value, each part at least 0
    gap_mean_days            | float64 | days  | mean gap between purchase days
    gap_median_days          | float64 | days  | median gap
    gap_sd_days              | float64 | days  | standard deviation of the gaps (population)
    gap_min_days             | int64   | days  | shortest gap
    gap_max_days             | int64   | days  | longest gap
    gap_last_days            | int64   | days  | latest completed gap
    gap_variation            | float64 | ratio | gap_sd_days / gap_mean_days: 0 regular, about 1 random
    line_count               | int64   | count | order lines bought
    unit_count               | float64 | units | units bought
    lines_per_order          | float64 | count | mean lines of an order
    units_per_order          | float64 | units | mean units of an order
    distinct_item_count      | int64   | count | different items bought
    distinct_category_count  | int64   | count | different categories bought
    top_category             | string  | -     | category of most lines (ties: first in the alphabet)
    top_category_share       | float64 | 0-1   | share of lines in top_category
    category_concentration   | float64 | 0-1   | sum of squared category shares: 1 when all lines are of one category
    repeat_item_share        | float64 | 0-1   | share of lines whose item the customer had bought on an earlier day
    mean_unit_price          | float64 | money | gross_value / unit_count
    discount_value           | float64 | money | taken off in all
    discount_share           | float64 | 0-1   | discount_value / (gross_value + discount_value)
    discounted_order_share   | float64 | 0-1   | share of orders with a discount
    weekend_share            | float64 | 0-1   | share of lines bought on Saturday or Sunday
    evening_share            | float64 | 0-1   | share of lines bought at 18:00-23:59 shop time
    favourite_weekday        | int64   | 0-6   | weekday of most orders, Monday 0 (ties: earliest)
    favourite_hour           | int64   | 0-23  | hour of most orders, shop time (ties: earliest)
    country                  | string  | -     | country of the latest purchase that names one
    first_channel            | string  | -     | channel of the first event that names one
    first_basket_value       | float64 | money | gross value of the standing orders of the first purchase day
    first_basket_line_count  | int64   | count | order lines of these orders
    first_basket_category    | string  | -     | category of the dearest line of these orders
    first_seen_day           | int64   | days since 1970 | day of the first event
    last_seen_day            | int64   | days since 1970 | day of the last touch
    days_since_last_touch    | int64   | days  | as_of - last_seen_day
    signed_up_day            | int64   | days since 1970 | day of the first sign-up or of the first event under a user id; null for a device alone
    touch_count              | int64   | count | touches
    touch_count_last_30_days | int64   | count | touches in the 30 days to as_of
    visit_count              | int64   | count | visits
    view_count               | int64   | count | item views
    search_count             | int64   | count | searches
    cart_add_count           | int64   | count | items put into the cart
    view_to_purchase_rate    | float64 | 0-1   | line_count / view_count, at most 1; null without views
    dwell_seconds_mean       | float64 | s     | mean time of events that carry one
    rating_count             | int64   | count | ratings and reviews with stars
    rating_mean              | float64 | stars | mean stars
    complaint_count          | int64   | count | complaints
    unresolved_count         | int64   | count | complaints less resolutions, at least 0
    message_sent_count       | int64   | count | messages sent
    message_opened_rate      | float64 | 0-1   | messages opened / sent, at most 1; null without messages
    """),
)

ITEM_FEATURES = Table(
    "item_features",
    "one item as of a day",
    ("item_id",),
    _columns("""
    item_id          | string  | - | item code
    title            | string  | - | name
    category         | string  | - | category
    buyer_count      | int64   | count | customers who bought it
    line_count       | int64   | count | order lines
    line_count_last_30_days | int64 | count | order lines in the 30 days to as_of
    unit_count       | float64 | units | units sold
    gross_value      | float64 | money | value sold
    refund_value     | float64 | money | value refunded, positive
    refund_rate      | float64 | 0-1 | refund_value / gross_value, at most 1
    mean_unit_price  | float64 | money | gross_value / unit_count
    first_sold_day   | int64   | days since 1970 | first sale
    last_sold_day    | int64   | days since 1970 | last sale
    rating_mean      | float64 | stars | mean stars
    view_count       | int64   | count | views
    """),
)

INTERACTIONS = Table(
    "interactions",
    "one customer and item with at least one purchase",
    ("customer_id", "item_id"),
    _columns("""
    customer_id | string | - | customer
    item_id     | string | - | item
    line_count  | int64  | count | order lines
    last_day    | int64  | days since 1970 | latest purchase
    """),
)

LIFECYCLE_FEATURES = Table(
    "lifecycle_features",
    "one customer as of one of several days: what the stage rule needs",
    ("customer_id", "as_of_day"),
    _columns("""
    customer_id              | string | - | customer
    as_of_day                | int64  | days since 1970 | the day, inclusive
    purchase_day_count       | int64  | count | distinct purchase days so far
    frequency                | int64  | count | repeat purchase days so far
    recency_days             | int64  | days | last - first purchase day
    days_since_last_purchase | int64  | days | as_of_day - last purchase day; null without a purchase
    gap_last_days            | int64  | days | latest completed gap; null without a repeat
    gap_max_days             | int64  | days | longest completed gap; null without a repeat
    signed_up                | bool   | - | known by name by that day: a sign-up or any event under a user id
    seen                     | bool   | - | any event by that day
    """),
)

LABELS = Table(
    "labels",
    "what one customer did in (as_of, as_of + horizon_days]",
    ("customer_id",),
    _columns("""
    customer_id         | string  | - | customer
    future_purchase_day_count | int64 | count | distinct purchase days in the window
    future_purchase_count | int64 | count | orders in the window
    future_net_value    | float64 | money | net value of the window
    churned             | bool    | - | no purchase in the window
    """),
)

CUSTOMER_SCORES = Table(
    "customer_scores",
    "one customer's predictions as of a day",
    ("customer_id",),
    _columns("""
    customer_id         | string  | - | customer
    stage               | string  | - | place in the lifecycle, one of STAGES
    churn_probability   | float64 | 0-1 | no purchase within the churn horizon
    probability_alive   | float64 | 0-1 | of the purchase model; not identified by data, shown only, nothing acts on it
    expected_purchases  | float64 | count | purchase days expected within the churn horizon
    expected_order_value | float64 | money | expected net value of a future purchase day
    clv                 | float64 | money | discounted margin over the CLV horizon, expected
    clv_low             | float64 | money | 5 % quantile of its predictive distribution
    clv_high            | float64 | money | 95 % quantile of its predictive distribution
    """),
)

SEGMENTS = Table(
    "segments",
    "one customer's groups as of a day",
    ("customer_id",),
    _columns("""
    customer_id | string | - | customer
    rfm_recency_score   | int64 | 1-5 | 5 = bought most recently
    rfm_frequency_score | int64 | 1-5 | 5 = buys most often
    rfm_monetary_score  | int64 | 1-5 | 5 = spends most
    rfm_group   | string | - | marketers' name of the cell
    value_group | string | - | high_value, frequent_low_spend, high_risk or other
    """),
)

RECOMMENDATIONS = Table(
    "recommendations",
    "one item recommended to one customer",
    ("customer_id", "rank"),
    _columns("""
    customer_id | string  | - | customer
    rank        | int64   | - | 1 = best
    item_id     | string  | - | item
    score       | float64 | - | the model's score; comparable within one customer
    reason_item_id | string | - | the bought item that contributes most; null for popularity
    reason_share | float64 | 0-1 | its share of the score
    model       | string  | - | the recommender that ranked it
    """),
)

STAGE_HISTORY = Table(
    "stages",
    "one customer's stage at the end of a month (the last row at as_of)",
    ("as_of_day", "customer_id"),
    _columns("""
    as_of_day   | int64  | days since 1970 | the day, inclusive
    customer_id | string | - | customer
    stage       | string | - | one of STAGES
    """),
)

TRANSITIONS = Table(
    "transitions",
    "customers who went from one stage to another between two month ends; the last step ends at as_of",
    ("as_of_day", "from_stage", "to_stage"),
    _columns("""
    as_of_day      | int64   | days since 1970 | the later day: a month end, or as_of
    previous_day   | int64   | days since 1970 | the earlier day: the month end before it
    from_stage     | string  | - | stage on the earlier day; unseen = not yet there
    to_stage       | string  | - | stage on the later day
    customer_count | int64   | count | customers
    share          | float64 | 0-1 | of all who were in from_stage
    """),
)

COHORTS = Table(
    "cohorts",
    "customers of one first-purchase month, some months later",
    ("cohort_month", "months_later"),
    _columns("""
    cohort_month   | string  | YYYY-MM | month of the first purchase, refunded later or not
    months_later   | int64   | months | 0 = the month itself
    customer_count | int64   | count | customers of the cohort
    active_count   | int64   | count | of these, bought in that month, refunded later or not
    retention_rate | float64 | 0-1 | active_count / customer_count; null where the month is not over
    net_value      | float64 | money | their net value in that month; null where the month is not over
    """),
)

SALES = Table(
    "sales",
    "the shop's sums of one month, every line counted",
    ("month",),
    _columns("""
    month          | string  | YYYY-MM | month in shop time
    currency       | string  | -     | ISO 4217 code
    list_value     | float64 | money | what was bought before any discount: gross sales of an admin page
    discount_value | float64 | money | discounts on it, positive
    gross_value    | float64 | money | purchases: list_value - discount_value
    refund_value   | float64 | money | refunds of items, positive; on their own day, undated ones on their order's
    cancelled_value | float64 | money | orders that were paid and then cancelled, positive; likewise
    net_value      | float64 | money | gross_value - refund_value - cancelled_value
    undated_refund_value | float64 | money | the part of refund_value and cancelled_value that has no day in the file
    shipping_value | float64 | money | postage of the month's orders, where the export states whole orders
    tax_value      | float64 | money | their taxes as stated; inside the values above where the shop's prices hold them
    other_refund_value | float64 | money | what was given back of these orders beyond their items: postage and taxes
    charge_value   | float64 | money | lines that are no item: postage, fees and corrections (not customer value)
    anonymous_value | float64 | money | net value of lines without a customer
    order_count    | int64   | count | orders of a customer or of nobody, each once, in the month of its first line
    customer_count | int64   | count | customers who bought
    new_customer_count | int64 | count | of these, for the first time
    left_out_count | int64   | count | orders that are no sale: see left_out_sales
    """),
)

LEFT_OUT_SALES = Table(
    "left_out_sales",
    "orders of one month and currency that are no sale, for one reason",
    ("currency", "month", "left_out"),
    _columns("""
    currency    | string  | -       | ISO 4217 code
    month       | string  | YYYY-MM | month of the order in shop time
    left_out    | string  | -       | the reason, one of LEFT_OUT
    order_count | int64   | count   | orders
    left_out_value | float64 | money | their items after discounts, in their own currency
    """),
)

ACTIONS = Table(
    "actions",
    "what to do for one customer today",
    ("customer_id",),
    _columns("""
    customer_id   | string  | - | customer
    rank          | int64   | - | 1 = the action that is expected to bring most; ties by customer_id
    offer_id      | string  | - | entry of offers.toml; null = do nothing
    lever         | string  | - | one of LEVERS
    channel       | string  | - | how it reaches the customer; null for none
    item_ids      | strings | - | items the action carries, best first
    expected_gain | float64 | money | expected extra margin less cost, against doing nothing
    expected_gain_low  | float64 | money | low end: ranges of the offer's rates (assumed where assumed is true) and the order value's 90 % interval together
    expected_gain_high | float64 | money | high end, likewise
    assumed       | bool    | - | the response to the offer is an assumption, not a measurement
    cost          | float64 | money | expected cost; counts against the budget
    currency      | string  | - | ISO 4217
    reason_code   | string  | - | rendered by show/words.py
    reason_values | string  | JSON | numbers of the reason
    propensity    | float64 | 0-1 | probability that this row was chosen, the hold-out draw included
    holdout       | bool    | - | kept without action to measure what actions bring
    run_id        | string  | - | the run
    """),
)

# What became of offers that were assigned.
VERDICTS: dict[str, str] = {
    "too_early": "fewer than 14 days have passed, or too few people or buyers are in an arm",
    "not_alone": "everybody was assigned another offer in the churn horizon before it: the two cannot be told apart",
    "cannot_tell": "the interval holds no effect as well as one that would matter",
    "pays": "the whole interval is above 0 (of several offers: at 95 % for all of them at once)",
    "does_not_pay": "the whole interval is below 0 (likewise)",
    "does_nothing": "the interval holds 0, and no effect that would matter",
}

OFFER_EFFECTS = Table(
    "offer_effects",
    "one offer that was assigned, or all of them together (offer_id is null): treated against held-out customers",
    ("offer_id",),
    _columns("""
    offer_id       | string  | -     | the offer; null = all offers, each customer from the first assignment of any
    verdict        | string  | -     | one of VERDICTS
    treated_count  | int64   | count | people who were in an exported file
    held_out_count | int64   | count | people held out by lot who would have been in it
    follow_up_days | float64 | days  | mean days since the assignment that are counted, at most the churn horizon
    margin_treated | float64 | money | margin per treated person after discounts and contact cost, refunds off; adjusted so that both arms hold the same customers
    margin_held_out | float64 | money | margin per held-out person, likewise
    margin_difference | float64 | money | what being assigned brings per person: margin_treated - margin_held_out
    margin_difference_low | float64 | money | low end of its 95 % interval (other intervals are at 90 %)
    margin_difference_high | float64 | money | high end of its 95 % interval
    expected_gain_mean | float64 | money | gain per person that was expected when it was assigned
    purchase_rate_treated | float64 | 0-1 | share of treated people with an order that stands; adjusted likewise
    purchase_rate_held_out | float64 | 0-1 | share of held-out people, likewise
    purchase_rate_difference | float64 | -1..1 | purchase_rate_treated - purchase_rate_held_out
    purchase_rate_difference_low | float64 | -1..1 | low end of its 95 % interval
    purchase_rate_difference_high | float64 | -1..1 | high end of its 95 % interval
    response_rate_measured | float64 | -1..1 | the offer's response that the difference amounts to; null for all offers
    response_rate_measured_low | float64 | -1..1 | low end of its 95 % interval
    response_rate_measured_high | float64 | -1..1 | high end of its 95 % interval
    response_rate_assumed | float64 | -1..1 | response in offers.toml
    response_rate_used | float64 | -1..1 | response that this run decides with: the measured one shrunk towards the assumed one
    response_rate_used_low | float64 | -1..1 | low end of its 90 % range
    response_rate_used_high | float64 | -1..1 | high end of its 90 % range
    measured_weight | float64 | 0-1  | weight of the measurement in response_rate_used; from a half on it counts as measured
    smallest_effect | float64 | money | an effect per person of at least this size would matter
    needed_count   | int64   | count | people, at this share held out, with whom the interval would be as narrow as smallest_effect; null where it is, or where it cannot be known
    """),
)

# What `evaluate` gives back; answers of one command, not tables of a published run.
EVALUATION_METRICS = Table(
    "evaluation_metrics",
    "one metric of one model's forecast from one origin over one horizon",
    ("horizon_days", "origin_on", "target", "model", "metric"),
    _columns("""
    origin_on  | string  | date | the day, inclusive, that the forecast was made from
    horizon_days | int64 | days | length of the forecast: the days after origin_on that it is about
    target     | string  | - | churn, purchases or spend within the horizon
    model      | string  | - | regulars, or naive: the customer's own past rate goes on
    metric     | string  | - | brier, log_loss, auc, ece, bias, mae, rmse, gini, spearman, top_decile_share, coverage
    value      | float64 | - | the metric; null where it is not defined
    value_low  | float64 | - | 5 % quantile over customers drawn again (bootstrap)
    value_high | float64 | - | 95 % quantile
    """),
)

EVALUATION_CALIBRATION = Table(
    "evaluation_calibration",
    "a tenth of the customers by predicted churn, from one origin over one horizon",
    ("horizon_days", "origin_on", "model", "decile"),
    _columns("""
    origin_on      | string  | date | the day, inclusive, that the forecast was made from
    horizon_days   | int64   | days | length of the forecast
    model          | string  | - | regulars or naive
    decile         | int64   | 1-10 | 1 = the lowest predictions
    predicted      | float64 | 0-1 | mean churn_probability
    observed       | float64 | 0-1 | share without a purchase in the horizon
    customer_count | int64   | count | customers
    """),
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        EVENTS, EVENTS_REJECTED, ITEMS, ITEM_VECTORS, CUSTOMERS, ORDERS, CONTACTS, ERASED, ASSIGNMENTS, IMPORTS, RUNS,
        CUSTOMER_FEATURES, ITEM_FEATURES, INTERACTIONS, LIFECYCLE_FEATURES, LABELS,
        CUSTOMER_SCORES, SEGMENTS, RECOMMENDATIONS, STAGE_HISTORY, TRANSITIONS,
        COHORTS, SALES, LEFT_OUT_SALES, ACTIONS, OFFER_EFFECTS,
    )
}  # fmt: skip

# What other libraries call our columns; error messages offer these.
EQUIVALENTS: dict[str, str] = {
    "recency": "recency_days",
    "recency_cal": "recency_days",
    "t_x": "recency_days",
    "t.x": "recency_days",
    "T": "T_days",
    "T_cal": "T_days",
    "T.cal": "T_days",
    "frequency_cal": "frequency",
    "x": "frequency",
    "monetary": "monetary_value",
    "monetary_value_cal": "monetary_value",
    "zbar": "monetary_value",
    "m_x": "monetary_value",
    "m.x": "monetary_value",
    "CustomerID": "customer_id",
    "user_id": "customer_id",
    "ID": "customer_id",
}

LIFETIMES_WORDS = frozenset(
    {"recency", "T", "recency_cal", "T_cal", "frequency_cal", "monetary_value_cal"}
)  # of these, the words of lifetimes and pymc-marketing
