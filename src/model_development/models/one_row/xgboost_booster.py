"""XGBoost's booster by its library's C interface: without what the Python around it costs each call."""

from __future__ import annotations

import ctypes
import json
from pathlib import Path
from typing import Any

import numpy as np

from .quick import Quick, Together
from .xgboost_import import xgboost_core


def quick_xgboost(model: Any) -> Quick | None:
    """model : XGBoostModel. None for boosters and objectives whose outputs are made in another way."""
    estimator = model.estimator
    if not estimator._can_use_inplace_predict() or estimator.objective == "multi:softmax":
        return None
    from xgboost import core

    return _of_booster(core, estimator.get_booster(), estimator._get_iteration_range(None), estimator.missing)


def load_xgboost(folder: Path, rounds: tuple[int, int], missing: float) -> Quick:
    """The same from the file of a saved model. rounds : from the first to behind the last."""
    core = xgboost_core()
    return _of_booster(
        core,
        core.Booster({"nthread": 1}, model_file=folder / "estimator.ubj"),
        (rounds[0], rounds[1]),
        missing,
    )


def _of_booster(core: Any, booster: Any, rounds: tuple[int, int], missing: float) -> Quick:
    outputs = _predicting(core, booster, rounds, missing)

    def probabilities(matrix: np.ndarray) -> np.ndarray:
        said = outputs(matrix)
        return said if said.ndim == 2 else np.stack([1.0 - said, said], axis=1)

    stored = {"kind": "xgboost", "rounds": [int(end) for end in rounds], "missing": np.array(missing)}
    return Quick(predict_proba=probabilities, predict=outputs, together=Together.AT_ONCE, stored=stored)


def _predicting(core, booster, rounds, missing):
    """What `Booster.inplace_predict` does of a dense matrix: XGBoosterPredictFromDense."""
    options: dict[str, Any] = {
        "type": 0,
        "training": False,
        "iteration_begin": int(rounds[0]),
        "iteration_end": int(rounds[1]),
    }
    options |= {"missing": float(missing), "strict_shape": False, "cache_id": 0}
    config, predict, no_proxy = (
        json.dumps(options).encode(),
        core._LIB.XGBoosterPredictFromDense,
        ctypes.c_void_p(),
    )

    def outputs(matrix: np.ndarray) -> np.ndarray:
        matrix = np.ascontiguousarray(matrix)
        shape, dims = ctypes.POINTER(ctypes.c_uint64)(), ctypes.c_uint64()
        said = ctypes.POINTER(ctypes.c_float)()
        place, n_rows, n_columns = matrix.ctypes.data, *matrix.shape
        interface = b'{"data":[%d,true],"shape":[%d,%d],"typestr":"%b","version":3}' % (
            *(place, n_rows, n_columns),
            matrix.dtype.str.encode(),
        )
        core._check_call(
            predict(
                booster.handle,
                interface,
                config,
                no_proxy,
                ctypes.byref(shape),
                ctypes.byref(dims),
                ctypes.byref(said),
            )
        )
        # The library's own memory, until its next answer.
        return np.ctypeslib.as_array(said, tuple(shape[: dims.value])).copy()

    return outputs
