"""What CatBoost chooses by itself, found out before a fit, so that a second fit can keep to it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

AUTOMATIC = ("learning_rate", "leaf_estimation_iterations", "max_ctr_complexity")


@lru_cache
def automatic_values(
    n_trees: int, n_rows: int, loss: str, n_classes: int, is_watched: bool
) -> dict[str, Any]:
    """Return the AUTOMATIC parameters as CatBoost 1.2 sets them.

    They depend on the number of trees, of rows, on the loss and on whether early-stopping rows are watched,
    and not on what the rows hold: they are read off the first tree of a model of two simple columns. CatBoost
    forgets its automatic rate where `l2_leaf_reg` is named, even as it is by default; this one holds.

    n_classes : 0 for regression.
    """
    from catboost import CatBoostClassifier, CatBoostRegressor, FeaturesData, Pool

    def pool(n):
        numbers = np.arange(n, dtype=np.float32)[:, None] % 7
        texts = np.array(["a", "b", "c"], dtype=object)[np.arange(n) % 3, None]
        return Pool(FeaturesData(numbers, texts), np.arange(n) % (n_classes or 5))

    of_classes = {"class_names": list(range(n_classes))} if n_classes else {}
    model = (CatBoostClassifier if n_classes else CatBoostRegressor)(
        n_estimators=n_trees,
        loss_function=loss,
        depth=1,
        max_ctr_complexity=None,
        allow_const_label=True,
        bootstrap_type="No",
        allow_writing_files=False,
        verbose=False,
        thread_count=1,
        **of_classes,
    )
    watched = {"eval_set": pool(10 + n_classes)} if is_watched else {}
    model.fit(pool(n_rows), callbacks=[_FirstTree()], **watched)
    found = model.get_all_params()
    return {name: found[name] for name in AUTOMATIC if name in found}


class _FirstTree:
    """Ends a fit after its first tree."""

    def after_iteration(self, info: Any) -> bool:
        return False


# CatBoost takes its memory before it looks at the rows, by itself 95 % of what is free: whoever comes to the
# card next finds nothing.
ON_CARD = {"task_type": "GPU", "devices": "0", "gpu_ram_part": 0.25}


@lru_cache
def gpu_works() -> bool:
    """A card alone says nothing: only a fit does."""
    from catboost import CatBoostError, CatBoostRegressor

    model = CatBoostRegressor(n_estimators=1, allow_writing_files=False, verbose=False, **ON_CARD)
    try:
        model.fit(np.arange(40.0).reshape(20, 2), np.arange(20.0))
    except CatBoostError:
        return False
    return True
