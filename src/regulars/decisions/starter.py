"""The starter catalogue: the text of a new shop's ``offers.toml``, to be filled with titles and amounts.

One offer per lever, so that every stage has a candidate: visitors a banner, registered and new customers picks for
their next order, active, loyal and reactivated ones content and what goes well with what they have, loyal ones a
voucher besides, and those at risk or gone a reminder as long as it may still be read. Content costs nothing.
"""

# About what one pound, euro or dollar buys, for currencies whose unit is of another size; only the
# starter catalogue uses it, and only so that its amounts look like vouchers of that country.
UNIT_SIZE = {
    "CNY": 8, "CZK": 25, "DKK": 8, "HKD": 10, "HUF": 400, "IDR": 16_000, "INR": 90, "JPY": 150, "KRW": 1_500,
    "MXN": 20, "NOK": 10, "PHP": 60, "PLN": 4, "RUB": 90, "SEK": 10, "THB": 40, "TRY": 40, "TWD": 40,
    "UAH": 45, "VND": 25_000, "ZAR": 20,
}  # fmt: skip

STARTER = """\
# What this shop can do for a customer. Each [[offer]] is one entry; doing nothing is always a candidate
# and wins where no offer is expected to bring more than it costs. All money is in the currency below.
#
# id, title         name in tables (small letters, digits, _) and name for people
# lever             acquire, activate, engage, reward, win_back or grow
# channel           email, sms, push, onsite, post or phone
# stages            who may get it: visitor, registered, new, active, loyal, at_risk, reactivated, churned
#                   (visitors have no address: onsite is the channel that reaches them)
# max_days_since_last_purchase   not for customers who bought longer ago than this (0 = no bound)
# minimum_order_value            not for customers whose expected order is smaller
# cost_per_contact  money for reaching one customer
# discount_rate     share of the order's value that a redeemed offer costs (0.1 = 10 %)
# fixed_discount    money that a redeemed offer costs
#                   (each buyer redeems once, also those who would have bought anyway)
# carries_items     true: the action carries recommended items
# response_rate     above 0: share of those who would NOT have bought within the churn horizon and will with
#                   the offer; below 0: share of those who would have bought and will not because of it.
#                   _low and _high are its assumed range, or the interval that an experiment gave; as long
#                   as nothing is measured, let the range hold 0 or less: an offer may do nothing, or harm
# response_half_life_days        the response is halved for every so many days since the last purchase
#                   (0 = never): whoever has been silent for long seldom comes back for a letter
# value_uplift_rate how much larger a buyer's order is with the offer; _low and _high likewise
# max_value_uplift  an order is counted at most this much larger, in money (0 = no bound): a small voucher
#                   does not make a very large order larger by its percentage
# measured, source  the rates below are ASSUMPTIONS, and what follows from them is marked so. Export the actions, and
#                   later runs measure the response by themselves. Where an experiment of your own has measured it,
#                   write: measured = true and source = "which experiment"
currency = "{currency}"

[[offer]]
id = "sign_up_banner"
title = "{sign_up_banner}"
lever = "acquire"
channel = "onsite"
stages = ["visitor"]
response_rate = 0.003
response_rate_low = 0.0
response_rate_high = 0.01

[[offer]]
id = "next_order_picks"
title = "{next_order_picks}"
lever = "activate"
channel = "email"
stages = ["registered", "new"]
cost_per_contact = {nickel}
carries_items = true
response_rate = 0.03
response_rate_low = -0.01
response_rate_high = 0.06

[[offer]]
id = "content_letter"
title = "{content_letter}"
lever = "engage"
channel = "email"
stages = ["new", "active", "loyal", "reactivated"]
response_rate = 0.01
response_rate_low = -0.01
response_rate_high = 0.02

[[offer]]
id = "loyalty_gift"
title = "{loyalty_gift}"
lever = "reward"
channel = "email"
stages = ["loyal"]
minimum_order_value = {order}
cost_per_contact = {nickel}
fixed_discount = {small_voucher}
response_rate = 0.03
response_rate_low = 0.0
response_rate_high = 0.06
value_uplift_rate = 0.05
value_uplift_rate_low = 0.0
value_uplift_rate_high = 0.1
max_value_uplift = {large_uplift}

[[offer]]
id = "come_back_email"
title = "{come_back_email}"
lever = "win_back"
channel = "email"
stages = ["at_risk", "churned"]
max_days_since_last_purchase = 365
cost_per_contact = {nickel}
carries_items = true
response_rate = 0.03
response_rate_low = -0.01
response_rate_high = 0.06
response_half_life_days = 90

[[offer]]
id = "cross_sell_email"
title = "{cross_sell_email}"
lever = "grow"
channel = "email"
stages = ["active", "loyal", "reactivated"]
cost_per_contact = {penny}
carries_items = true
response_rate = 0.01
response_rate_low = -0.01
response_rate_high = 0.02
value_uplift_rate = 0.02
value_uplift_rate_low = 0.0
value_uplift_rate_high = 0.05
max_value_uplift = {uplift}
"""

TITLES: dict[str, dict[str, str]] = {
    "en": {
        "sign_up_banner": "What members get",
        "next_order_picks": "Picked for your next order",
        "content_letter": "Stories and new arrivals",
        "loyalty_gift": "Thank-you voucher",
        "come_back_email": "We saved these for you",
        "cross_sell_email": "Goes well with what you have",
    },
    "zh": {
        "sign_up_banner": "会员有什么好处",
        "next_order_picks": "为您的下一单精选",
        "content_letter": "故事与新品",
        "loyalty_gift": "感谢券",
        "come_back_email": "我们为您留着这些",
        "cross_sell_email": "与您已买的很相配",
    },
}
"""What the starter offers are called, by the language that the shop was made in."""
