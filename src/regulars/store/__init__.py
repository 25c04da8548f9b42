"""The only door to an engine."""
