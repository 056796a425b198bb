"""How a candidate is measured: the table of metrics, and the fit on folds."""
