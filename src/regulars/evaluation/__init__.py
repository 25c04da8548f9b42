"""Splits, scores and compares; it never fits."""
