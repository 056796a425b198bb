"""XGBoost, with its native handling of categories and missing values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from ..tasks.target_unit import Freedom, least
from .binned import BinnedOnce
from .early_stopping import EarlyStopped, weights_of

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np


PACKAGES = ("xgboost", "scikit-learn")

BASELINE = {
    "n_estimators": 1000,  # at most; early stopping finds the number
    "max_depth": 7,
    "learning_rate": 0.05,
    "subsample": 0.7,
    "colsample_bytree": 0.7,
    "min_child_weight": 2,
    "reg_lambda": 1.0,
    "early_stopping_rounds": 50,
}
SEARCH_SPACE = {
    "n_estimators": [50, 100, 200, 300],
    "max_depth": [3, 5, 7, 10],
    "learning_rate": [0.01, 0.05, 0.1, 0.3],
    "subsample": [0.6, 0.8, 1.0],
    "colsample_bytree": [0.6, 0.8, 1.0],
}
RANGES = {
    "learning_rate": {"low": 0.01, "high": 0.3, "log": True},
    "max_depth": {"low": 3, "high": 11},
    "min_child_weight": {"low": 1.0, "high": 50.0, "log": True},
    "subsample": {"low": 0.5, "high": 1.0},
    "colsample_bytree": {"low": 0.4, "high": 1.0},
    "reg_lambda": {"low": 0.1, "high": 30.0, "log": True},
}
LIMITS = {"subsample": 1.0, "colsample_bytree": 1.0}
TARGETS = {  # what an objective, or a metric to stop by, allows; others mean the target as it is
    Freedom.STANDARDISED: (
        *("reg:squarederror", "reg:absoluteerror", "reg:pseudohubererror", "reg:quantileerror"),
        *("rmse", "mae", "mphe", "quantile"),
    ),
    Freedom.SCALED: ("count:poisson", "reg:gamma", "reg:tweedie", "mape"),
}
IN_SEARCH = {"min_child_weight": 1, "early_stopping_rounds": None}  # the grid names its numbers of rounds


class XGBoostModel(EarlyStopped):
    """XGBoost's scikit-learn estimator, which finds its number of rounds on early-stopping rows."""

    was_on_card = False

    def predict(self, X: np.ndarray) -> np.ndarray:
        return self.estimator.predict(X)

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        return self.estimator.predict_proba(X)

    def tree_contributions(self, X: np.ndarray) -> np.ndarray:
        """Path-dependent TreeSHAP, shape (n_rows, n_columns + 1, n_outputs); the base value is last."""
        from xgboost import DMatrix

        booster = self.estimator.get_booster()
        rows = DMatrix(X, feature_types=booster.feature_types, enable_categorical=True)
        parts = booster.predict(rows, pred_contribs=True)
        return parts[:, :, None] if parts.ndim == 2 else parts.transpose(0, 2, 1)

    def _fit_all(self, X, y, sample_weight):
        self.estimator.fit(X, y, sample_weight=sample_weight)
        if self.estimator.device != "cpu":
            booster = self.estimator.get_booster()
            self.was_on_card = _device(booster).startswith("cuda")
            booster.set_param({"device": "cpu"})  # where the rows to predict are, and a loaded model predicts

    def _try_rounds(self, X, y, rest, early_stopping_rows, sample_weight):
        from sklearn.base import clone

        steps = [_reporter(self.on_step)] if self.on_step else None
        trial = clone(self.estimator).set_params(early_stopping_rounds=self.patience, callbacks=steps)
        watched = weights_of(sample_weight, early_stopping_rows)
        trial.fit(
            X[rest],
            y[rest],
            sample_weight=weights_of(sample_weight, rest),
            eval_set=[(X[early_stopping_rows], y[early_stopping_rows])],
            sample_weight_eval_set=None if watched is None else [watched],
            verbose=False,
        )
        (losses,) = trial.evals_result()["validation_0"].values()
        return losses, trial.best_iteration + 1


def build(
    task: str,
    *,
    seed: int,
    device: str = "cpu",
    n_jobs: int = 1,
    feature_types: Sequence[str] = (),
    early_stopping_rounds: int | None = None,
    **params: Any,
) -> XGBoostModel:
    """Return an unfitted model; columns whose type is "category" hold codes."""
    estimator = _estimator(task)(
        random_state=seed,
        device=device,
        n_jobs=n_jobs,
        tree_method="hist",
        enable_categorical=True,
        feature_types=["c" if kind == "category" else "q" for kind in feature_types] or None,
        **params,
    )
    return XGBoostModel(estimator, early_stopping_rounds)


class FirstRounds:
    """The model of the first `n` rounds of a fitted one."""

    def __init__(self, model: XGBoostModel, n: int) -> None:
        self.estimator, self.rounds = model.estimator, (0, n)

    def predict(self, X: np.ndarray) -> np.ndarray:
        return self.estimator.predict(X, iteration_range=self.rounds)

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        return self.estimator.predict_proba(X, iteration_range=self.rounds)


def rounds_differ(params: Mapping[str, Any]) -> bool:
    """Is the model of few rounds another one than the first rounds of a longer one?"""
    return bool(params.get("early_stopping_rounds")) or params.get("booster", "gbtree") != "gbtree"


def target(params: Mapping[str, Any]) -> Freedom:
    """What the parameters allow to be done to the target. `base_score` is in its unit."""
    metrics = params.get("eval_metric") or []
    named = [params.get("objective"), *([metrics] if isinstance(metrics, str) else metrics)]
    kinds = [_freedom_of(name) for name in named if name is not None]
    return Freedom.GIVEN if params.get("base_score") is not None else least(*kinds)


def _freedom_of(name):
    return next((freedom for freedom, names in TARGETS.items() if name in names), Freedom.GIVEN)


def save(model: XGBoostModel, folder: Path) -> None:
    """Write XGBoost's UBJSON, which carries the whole model."""
    model.estimator.save_model(folder / "estimator.ubj")


def load(folder: Path, task: str) -> XGBoostModel:
    estimator = _estimator(task)()
    estimator.load_model(folder / "estimator.ubj")
    return XGBoostModel(estimator)


def ran_on_gpu(model: XGBoostModel) -> bool:
    return model.was_on_card


def _device(booster):
    """Read from the fitted booster: without a card XGBoost only warns and takes the CPU."""
    import json

    return json.loads(booster.save_config())["learner"]["generic_param"]["device"]


@lru_cache
def _estimator(task):
    """XGBoost's estimator, but that a matrix is binned once for all fits on it, as long as it lives."""
    from xgboost import XGBClassifier, XGBRegressor

    base: Any = XGBRegressor if task == "regression" else XGBClassifier
    binned = BinnedOnce()

    class Estimator(base):
        def _create_dmatrix(self, ref, **kwargs):
            make = partial(super()._create_dmatrix, ref, **kwargs)
            if ref is not None:
                return make()
            rest = {name: value for name, value in kwargs.items() if name != "data"}
            ours = [self.booster, self.tree_method, self.max_bin, self.device]
            return binned.get(kwargs["data"], [rest, ours], make)

    Estimator.__name__ = Estimator.__qualname__ = base.__name__
    return Estimator


def _reporter(on_step):
    from xgboost.callback import TrainingCallback

    class Reporter(TrainingCallback):
        def after_iteration(self, model, epoch, evals_log):
            on_step(f"round {epoch + 1}")
            return False

    return Reporter()
