"""The feature steps of a model among its parameters, so that they go wherever these go: workers, runs, files.

>>> with_steps({"C": 1.0}, ["products", "ratios"])
{'C': 1.0, 'features': 'ratios+products'}
>>> split_params({"C": 1.0, "features": "ratios+products"})
({'C': 1.0}, {'steps': ('ratios', 'products')})
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .table import in_order

FEATURES, BETWEEN = "features", "+"
COLUMNS = ("time_column", "group_column")  # raw columns, which lags need


def with_steps(
    params: Mapping[str, Any],
    steps: Iterable[str],
    time_column: str | None = None,
    group_column: str | None = None,
) -> dict[str, Any]:
    """Return the parameters with these steps in place of any that they name, or without any.

    Raises SettingsError for an unknown step.
    """
    own, names = split_params(params)[0], in_order(steps)
    if not names:
        return own
    columns = zip(COLUMNS, (time_column, group_column), strict=True)
    return own | {FEATURES: BETWEEN.join(names)} | {key: name for key, name in columns if name is not None}


def steps_in(params: Mapping[str, Any]) -> tuple[str, ...]:
    """The steps that parameters name."""
    named = params.get(FEATURES)
    return tuple(named.split(BETWEEN)) if named else ()


def step_params(params: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the parameters that are about steps."""
    return {name: params[name] for name in (FEATURES, *COLUMNS) if name in params} if steps_in(params) else {}


def split_params(params: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return (parameters of the estimator, what a TabularModel is told of its steps)."""
    about = step_params(params)
    own = {name: value for name, value in params.items() if name not in about}
    columns = {name: about[name] for name in COLUMNS if name in about}
    return own, {"steps": steps_in(params), **columns} if about else {}
