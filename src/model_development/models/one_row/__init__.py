"""Fitted estimators on a single row: the same numbers, without what their interfaces cost beside."""
