"""The words that the synthetic shop's titles, reviews and tickets are made of."""

from __future__ import annotations

# Category -> (share of sales, median price, share of lines returned, styles, things).
CATEGORIES: dict[str, tuple[float, float, float, tuple[str, ...], tuple[str, ...]]] = {
    "Kitchen": (
        0.18, 12.0, 0.05,
        ("Enamel", "Stoneware", "Walnut", "Copper", "Speckled"),
        ("Mug", "Mixing Bowl", "Bread Bin", "Milk Jug", "Chopping Board", "Butter Dish", "Storage Jar", "Teapot"),
    ),
    "Home Decor": (
        0.17, 18.0, 0.08,
        ("Vintage", "Rattan", "Linen", "Brass", "Hand Painted"),
        ("Lantern", "Cushion Cover", "Picture Frame", "Wall Clock", "Vase", "Table Lamp", "Throw", "Mirror"),
    ),
    "Garden": (
        0.12, 15.0, 0.05,
        ("Terracotta", "Galvanised", "Wicker", "Cast Iron", "Slate"),
        ("Plant Pot", "Watering Can", "Bird Feeder", "Trug", "Boot Rack", "Herb Planter", "Wind Chime", "Kneeler"),
    ),
    "Stationery": (
        0.12, 6.0, 0.02,
        ("Botanical", "Marbled", "Recycled", "Letterpress", "Gold Foil"),
        ("Notebook", "Writing Set", "Desk Planner", "Greeting Card", "Pencil Case", "Wrapping Paper", "Stamp Set"),
    ),
    "Toys": (
        0.12, 14.0, 0.06,
        ("Wooden", "Knitted", "Rainbow", "Magnetic", "Woodland"),
        ("Train Set", "Teddy Bear", "Puzzle", "Stacking Rings", "Spinning Top", "Dolls House", "Kite", "Story Blocks"),
    ),
    "Bath and Body": (
        0.13, 9.0, 0.02,
        ("Lavender", "Rose", "Sea Salt", "Eucalyptus", "Honey"),
        ("Hand Soap", "Bath Salts", "Body Lotion", "Scented Candle", "Bath Bomb", "Hand Cream", "Shower Gel", "Face Mask"),
    ),
    "Accessories": (
        0.09, 24.0, 0.16,
        ("Merino", "Canvas", "Leather", "Striped", "Quilted"),
        ("Scarf", "Tote Bag", "Purse", "Gloves", "Umbrella", "Wash Bag", "Belt", "Beanie"),
    ),
    "Food Gifts": (
        0.07, 11.0, 0.01,
        ("Orchard", "Salted Caramel", "Highland", "Organic", "Spiced"),
        ("Fudge Box", "Chutney", "Shortbread", "Hot Chocolate", "Tea Caddy", "Honey Jar", "Hamper", "Truffles"),
    ),
}  # fmt: skip

REGIONS: dict[str, float] = {
    "London": 0.17, "South East": 0.16, "South West": 0.10, "East of England": 0.10, "Midlands": 0.16,
    "North West": 0.12, "Yorkshire": 0.09, "Wales": 0.04, "Scotland": 0.06,
}  # fmt: skip
COUNTRIES_ABROAD: dict[str, float] = {"Ireland": 0.45, "Germany": 0.25, "France": 0.2, "Netherlands": 0.1}
GENDERS: dict[str, float] = {"female": 0.58, "male": 0.39, "other": 0.03}
INCOME_BANDS: dict[str, float] = {"low": 0.25, "middle": 0.5, "high": 0.25}

# Where customers come from: share of sign-ups, factor on their purchase rate, factor on their drop-out rate.
CHANNELS: dict[str, tuple[float, float, float]] = {
    "organic_search": (0.26, 1.05, 0.95),
    "paid_search": (0.20, 0.95, 1.05),
    "paid_social": (0.18, 0.75, 1.35),
    "direct": (0.14, 1.10, 0.90),
    "email": (0.06, 1.10, 0.90),
    "referral": (0.10, 1.30, 0.70),
    "affiliate": (0.06, 0.80, 1.25),
}

# Review sentences by stars. {thing} is the item's title.
REVIEW_OPENINGS: dict[int, tuple[str, ...]] = {
    1: (
        "Very disappointed with the {thing}.",
        "The {thing} arrived broken.",
        "Would not buy the {thing} again.",
    ),
    2: (
        "The {thing} is not as good as it looks.",
        "Expected more of the {thing}.",
        "The {thing} feels cheap.",
    ),
    3: ("The {thing} is fine.", "An average {thing}, nothing special.", "The {thing} does the job."),
    4: ("Really pleased with the {thing}.", "A good {thing}.", "The {thing} looks lovely."),
    5: ("I love the {thing}!", "The {thing} is perfect.", "A beautiful {thing}, better than the pictures."),
}
REVIEW_REASONS: dict[int, tuple[str, ...]] = {
    1: (
        "Poor quality and a waste of money.",
        "It fell apart within a week.",
        "Awful packaging, and nobody replied.",
    ),
    2: (
        "The colour is wrong and it scratches easily.",
        "Delivery was slow.",
        "Too expensive for what it is.",
    ),
    3: ("Delivery took a while.", "Smaller than I thought, but usable.", "Good price, plain finish."),
    4: ("Good quality and quick delivery.", "Nice gift, well packed.", "Would buy from here again."),
    5: (
        "Excellent quality, arrived the next day.",
        "My sister was delighted with it.",
        "Wonderful, I ordered another.",
    ),
}
TICKET_SUBJECTS = (
    "Where is my order?", "The parcel arrived damaged", "Wrong item in the box", "How do I return this?",
    "The discount code did not work", "I was charged twice",
)  # fmt: skip
