"""One row in, one answer out: what was fitted, compiled to plain dicts and numbers."""
