"""A synthetic shop with known truth."""
