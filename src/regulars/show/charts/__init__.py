"""Tables become Vega-Lite specs: plain dictionaries, one file per subject, no charting library.

Each function takes small tables (lists of plain rows), words and a palette, and returns a spec that any
Vega-Lite 6 renderer draws.
"""
