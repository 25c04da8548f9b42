"""Tables become text and pictures."""
