"""LightGBM, with its native handling of categories and missing values."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..tasks.target_unit import Freedom
from .binned import BinnedOnce
from .early_stopping import EarlyStopped, weights_of

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

PACKAGES = ("lightgbm", "scikit-learn")

BASELINE = {
    "n_estimators": 1000,  # at most; early stopping finds the number
    "max_depth": -1,
    "learning_rate": 0.08,
    "num_leaves": 50,
    "min_child_samples": 20,
    "subsample": 0.75,
    "subsample_freq": 1,
    "colsample_bytree": 0.7,
    "reg_lambda": 0.0,
    "early_stopping_rounds": 30,
}
# Numbers take finer trees than classes do: Holzmüller, Grinsztajn and Steinwart (2024), Better by Default.
OF_NUMBERS = {"learning_rate": 0.05, "num_leaves": 100, "min_child_samples": 4, "subsample": 0.7}
SEARCH_SPACE = {
    "n_estimators": [50, 100, 200, 300],
    "max_depth": [3, 5, 7, 10],
    "learning_rate": [0.01, 0.05, 0.1, 0.3],
    "num_leaves": [15, 31, 63, 127],
    "min_child_samples": [5, 10, 20],
}
RANGES = {
    "learning_rate": {"low": 0.01, "high": 0.3, "log": True},
    "num_leaves": {"low": 8, "high": 255, "log": True},
    "min_child_samples": {"low": 4, "high": 100, "log": True},
    "subsample": {"low": 0.5, "high": 1.0},
    "colsample_bytree": {"low": 0.4, "high": 1.0},
    "reg_lambda": {"low": 0.0, "high": 10.0},
}
LIMITS = {"subsample": 1.0, "colsample_bytree": 1.0, "reg_lambda": 0.0}
# The grid names its numbers of rounds, and all else is LightGBM's default.
IN_SEARCH = {"subsample": 1.0, "colsample_bytree": 1.0, "early_stopping_rounds": None}
TARGETS = {  # what objectives allow; others mean the target as it is
    Freedom.STANDARDISED: (
        *("regression", "regression_l2", "l2", "mean_squared_error", "mse", "l2_root", "rmse"),
        *("root_mean_squared_error", "regression_l1", "l1", "mean_absolute_error", "mae"),
        *("huber", "fair", "quantile"),
    ),
    Freedom.SCALED: ("poisson", "gamma", "tweedie"),
}
MOST_LEAVES = 131_072  # that it takes
# LightGBM's own defaults leave a category of under 100 rows unused: on small tables, most of them.
CATEGORIES = {"max_cat_to_onehot": 10, "min_data_per_group": 20}
OF_TREES = {*SEARCH_SPACE, *RANGES, "subsample_freq"}  # what trees depend on, and binned rows do not
NOT_NATIVE = ("n_estimators", "class_weight", "importance_type", "objective")  # of the scikit-learn interface
_binned = BinnedOnce()


class LightGBMModel(EarlyStopped):
    """LightGBM, which finds its number of rounds on early-stopping rows.

    `estimator` holds the parameters by their names in LightGBM's scikit-learn interface; training is native,
    since rows are binned once for all fits on them. It predicts with `booster_`, which text files carry.
    """

    def __init__(
        self, task: str, estimator: Any = None, categorical: Sequence[int] = (), patience: int | None = None
    ) -> None:
        super().__init__(estimator, patience)
        self.task = task
        self.categorical = list(categorical)
        self.n_rounds: int | None = None  # predict with the first rounds only; None: with all
        self.tried_ = []  # the booster that found the number of rounds

    def _fit_all(self, X, y, sample_weight):
        self.booster_ = self._train(X, y, sample_weight)

    def _train(self, X, y, sample_weight, **options):
        """options : of `lightgbm.train`."""
        import lightgbm

        params = self.native_params(y)
        of_rows = {name: value for name, value in params.items() if name not in OF_TREES}
        depends_on = [y, of_rows, self._by_class, self.categorical, sample_weight]
        data = _binned.get(X, depends_on, lambda: self._dataset(X, y, sample_weight, params))
        return lightgbm.train(params, data, self.estimator.n_estimators, **options)

    @property
    def _by_class(self):
        return self.estimator.get_params()["class_weight"]

    def native_params(self, y: np.ndarray) -> dict[str, Any]:
        """The parameters as `lightgbm.train` takes them, for the encoded target y, shape (n_rows,)."""
        given = self.estimator.get_params()
        params = {name: value for name, value in given.items() if name not in NOT_NATIVE}
        n_classes = int(y.max()) + 1 if self.task == "classification" else 1
        if n_classes > 2:
            params["num_class"] = n_classes
        objectives = {1: "regression", 2: "binary"}
        params["objective"] = given["objective"] or objectives.get(n_classes, "multiclass")
        return params | {"feature_pre_filter": False}  # one set of rows for every `min_child_samples`

    def _dataset(self, X, y, sample_weight, params):
        import lightgbm
        from sklearn.utils.class_weight import compute_sample_weight

        weights = sample_weight
        if self._by_class is not None:
            weights = compute_sample_weight(self._by_class, y) * (1 if weights is None else weights)
        return lightgbm.Dataset(X, y, weight=weights, categorical_feature=self.categorical, params=params)

    def _try_rounds(self, X, y, rest, early_stopping_rows, sample_weight):
        import lightgbm

        steps = [lightgbm.early_stopping(self.patience, verbose=False)]
        if self.on_step:
            steps.append(lambda step: self.on_step(f"round {step.iteration + 1}"))
        X_rest, losses = X[rest], {}
        steps.append(lightgbm.record_evaluation(losses))
        watched = lightgbm.Dataset(
            X[early_stopping_rows],
            y[early_stopping_rows],
            weight=weights_of(sample_weight, early_stopping_rows),
        )
        weights = weights_of(sample_weight, rest)
        trial = self._train(X_rest, y[rest], weights, valid_sets=[watched], callbacks=steps)
        (losses,), self.tried_ = losses["valid_0"].values(), [trial]
        return losses, trial.best_iteration

    def predict(self, X: np.ndarray) -> np.ndarray:
        if self.task == "regression":
            return self.booster_.predict(X, num_iteration=self.n_rounds)
        return self.predict_proba(X).argmax(axis=1)

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        import numpy as np

        probabilities = self.booster_.predict(X, num_iteration=self.n_rounds)
        if probabilities.ndim == 1:  # binary: the probability of the second class alone
            return np.column_stack([1.0 - probabilities, probabilities])
        return probabilities

    def tree_contributions(self, X: np.ndarray) -> np.ndarray:
        """Path-dependent TreeSHAP, shape (n_rows, n_columns + 1, n_outputs); the base value is last."""
        parts = self.booster_.predict(X, num_iteration=self.n_rounds, pred_contrib=True)
        return parts.reshape(len(X), -1, X.shape[1] + 1).transpose(0, 2, 1)


def build(
    task: str,
    *,
    seed: int,
    device: str = "cpu",
    n_jobs: int = 1,
    feature_types: Sequence[str] = (),
    early_stopping_rounds: int | None = None,
    **params: Any,
) -> LightGBMModel:
    """Return an unfitted model; columns whose type is "category" hold codes."""
    # Of the CPU: for a card its package has OpenCL alone, which was slower, see benchmarks/gpu.py.
    from lightgbm import LGBMClassifier, LGBMRegressor

    estimator = LGBMRegressor if task == "regression" else LGBMClassifier
    categorical = [position for position, kind in enumerate(feature_types) if kind == "category"]
    return LightGBMModel(
        task,
        estimator(
            random_state=seed,
            n_jobs=n_jobs,
            deterministic=True,
            force_col_wise=True,
            verbose=-1,
            **{**CATEGORIES, **params},
        ),
        categorical,
        early_stopping_rounds,
    )


def first_rounds(model: LightGBMModel, n: int) -> LightGBMModel:
    """The model of the first `n` rounds of a fitted one."""
    shorter = copy.copy(model)
    shorter.n_rounds = n
    return shorter


def canonical_params(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """A tree of depth d has no more than 2^d leaves, whatever `num_leaves` says."""
    depth, leaves = params.get("max_depth"), params.get("num_leaves")
    if isinstance(depth, int) and isinstance(leaves, int) and 0 < depth < 32 and leaves <= MOST_LEAVES:
        return {**params, "num_leaves": min(leaves, 2**depth)}
    return params


def target(params: Mapping[str, Any]) -> Freedom:
    """What the parameters allow to be done to the target."""
    objective = params.get("objective") or "regression"
    return next((freedom for freedom, names in TARGETS.items() if objective in names), Freedom.GIVEN)


def has_leaves_to_spare(model: LightGBMModel) -> bool:
    """Has no tree as many leaves as it may have? Nor one of those that found the number of rounds."""
    limit = model.estimator.get_params()["num_leaves"]
    boosters = [model.booster_, *model.tried_]
    # The first trees are the largest, most often, and the whole text takes long to write.
    return all(_most_leaves(booster, n) < limit for n in (5, -1) for booster in boosters)


def _most_leaves(booster, n_rounds):
    text = booster.model_to_string(num_iteration=n_rounds)
    return max(map(int, re.findall(r"^num_leaves=(\d+)$", text, re.MULTILINE)), default=1)


def rounds_differ(params: Mapping[str, Any]) -> bool:
    """Is the model of few rounds another one than the first rounds of a longer one? DART's is."""
    return bool(params.get("early_stopping_rounds")) or params.get("boosting_type", "gbdt") != "gbdt"


def refusals() -> tuple[type[Exception], ...]:
    from lightgbm.basic import LightGBMError

    return (LightGBMError,)


def save(model: LightGBMModel, folder: Path) -> None:
    """Write LightGBM's text format, which carries the whole model."""
    model.booster_.save_model(folder / "estimator.txt")


def load(folder: Path, task: str) -> LightGBMModel:
    from lightgbm import Booster

    model = LightGBMModel(task)
    model.booster_ = Booster(model_file=str(folder / "estimator.txt"))
    return model
