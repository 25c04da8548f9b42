"""The whole path: import, features, scores, decisions, publication, trust; the one place that composes rooms."""
