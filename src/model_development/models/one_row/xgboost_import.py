"""XGBoost without scikit-learn, which it takes where it finds it, and pandas and SciPy's statistics with it.

A booster needs none of them: they cost a service a second and a half and 100 MB before its first answer.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import Any


class _NoSklearn:
    """A finder of modules in whose eyes there is no scikit-learn; XGBoost expects that."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> None:
        if name.partition(".")[0] == "sklearn":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


@cache
def xgboost_core() -> Any:
    """XGBoost's module of boosters; who imports XGBoost later gets a whole one, which shares its library."""
    if {"xgboost", "sklearn"} & set(sys.modules):
        from xgboost import core

        return core
    sys.meta_path.insert(0, _NoSklearn)
    try:
        from xgboost import core
    finally:
        sys.meta_path.remove(_NoSklearn)
        for name in [name for name in sys.modules if name.partition(".")[0] == "xgboost"]:
            del sys.modules[name]
    return core
