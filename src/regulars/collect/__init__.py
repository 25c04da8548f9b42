"""Outside records become checked events; the rest goes to quarantine with a code."""
