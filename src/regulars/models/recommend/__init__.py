"""Which items for whom."""
