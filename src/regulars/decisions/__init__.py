"""Scores and offers become actions within limits."""
