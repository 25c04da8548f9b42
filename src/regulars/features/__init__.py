"""Events become one row per customer or item as of a day."""
