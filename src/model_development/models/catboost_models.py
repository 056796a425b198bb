"""CatBoost, with its native handling of categories and missing values."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import ArtifactsError
from ..tasks.target_unit import Freedom, least
from .catboost_defaults import AUTOMATIC, ON_CARD, automatic_values, gpu_works
from .catboost_rows import CatBoostRows
from .early_stopping import EarlyStopped, weights_of

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    from .schedule import Pace


PACKAGES = ("catboost",)

BASELINE = {
    "n_estimators": 1000,  # at most; early stopping finds the number
    "learning_rate": None,  # CatBoost's own, for this number of trees and of rows
    "depth": 6,
    "l2_leaf_reg": 3.0,
    "random_strength": 1.0,
    "early_stopping_rounds": 50,
    "max_ctr_complexity": 1,  # joined categories take six times as long for 0.1 to 0.5 % of log loss
    "one_hot_max_size": 64,
}
# No number of trees: early stopping finds it, and no fit gives several, since what CatBoost chooses by itself
# is other for other numbers.
SEARCH_SPACE = {
    "depth": [4, 6, 8],
    "learning_rate": [None, 0.03, 0.1],
    "l2_leaf_reg": [1, 3, 10],
}
RANGES = {
    "learning_rate": {"low": 0.01, "high": 0.3, "log": True},
    "depth": {"low": 3, "high": 10},
    "l2_leaf_reg": {"low": 0.5, "high": 30.0, "log": True},
    "random_strength": {"low": 0.0, "high": 4.0},
    "one_hot_max_size": [2, 16, 64],  # levels up to which a category is one-hot: quicker by far
    "max_ctr_complexity": [1, 2, 4],  # categories that are joined to one
}
LIMITS = {"random_strength": 0.0, "one_hot_max_size": 2, "max_ctr_complexity": 4}
TARGETS = {  # what a loss, or a metric to stop by, allows; others mean the target as it is
    Freedom.STANDARDISED: ("RMSE", "MAE", "Quantile", "Huber", "Expectile", "Lq", "R2"),
    Freedom.SCALED: ("Poisson", "Tweedie", "MAPE"),
}
FILE, MAGIC = "estimator.cbm", b"CBM1"


class CatBoostModel(EarlyStopped):
    """CatBoost's scikit-learn estimator, which finds its number of trees on early-stopping rows.

    categorical : positions of the columns of the matrix that hold codes of categories.
    n_threads : of predictions.
    """

    def __init__(
        self, estimator: Any, categorical: Sequence[int] = (), patience: int | None = None, n_threads: int = 1
    ) -> None:
        super().__init__(estimator, patience)
        self.rows, self.n_threads = CatBoostRows(categorical), n_threads

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """All parameters, None where CatBoost's own value holds: by itself it names the others alone."""
        names = list(inspect.signature(type(self.estimator).__init__).parameters)[1:]
        return dict.fromkeys(names) | super().get_params(deep)

    def fit(
        self,
        X: np.ndarray,
        y: np.ndarray,
        early_stopping_rows: np.ndarray,
        sample_weight: np.ndarray | None = None,
    ) -> CatBoostModel:
        super().fit(X, y, early_stopping_rows, sample_weight)
        if self.history_:
            rate = self.estimator.get_params()["learning_rate"]
            self.history_["learning_rate"] = [rate] * len(self.history_["early_stopping_loss"])
        return self

    def refit(
        self,
        X: np.ndarray,
        y: np.ndarray,
        first: EarlyStopped | Pace,
        sample_weight: np.ndarray | None = None,
    ) -> CatBoostModel:
        """Fit with as many trees as `first` has kept, at the rate with which their number was found."""
        rates = first.history_.get("learning_rate")
        if rates:
            self.estimator.set_params(learning_rate=rates[0])
        self.choose(y, len(y))  # for the number of trees that was asked for
        super().refit(X, y, first, sample_weight)
        return self

    def _fit_all(self, X, y, sample_weight):
        self.choose(y, len(y))
        _fit(self.estimator, self._pool(X, y, sample_weight), y)

    def _try_rounds(self, X, y, rest, early_stopping_rows, sample_weight):
        self.choose(y, len(rest), is_watched=True)
        parts = [(rows, weights_of(sample_weight, rows)) for rows in (rest, early_stopping_rows)]
        pool, watched = (self._pool(X[rows], y[rows], weights) for rows, weights in parts)
        trial, options = self.estimator.copy(), {}
        if self.on_step and trial.get_params().get("task_type") != "GPU":  # where CatBoost calls nothing
            options["callbacks"] = [_Reporter(self.on_step)]
        _fit(trial, pool, y[rest], eval_set=watched, early_stopping_rounds=self.patience, **options)
        *_, losses = trial.get_evals_result()["validation"].values()  # behind the loss, a metric to stop by
        return losses, trial.get_best_iteration() + 1

    def choose(self, y: np.ndarray, n_rows: int, is_watched: bool = False) -> None:
        """Name the classes, and all that CatBoost would choose by itself and differently in another fit.

        n_rows : that are fitted. is_watched : are others watched meanwhile?
        """
        given = self.estimator.get_params()
        n_classes = max(int(y.max()) + 1, 2) if hasattr(self.estimator, "predict_proba") else 0
        loss = {0: "RMSE", 2: "Logloss"}.get(n_classes, "MultiClass")
        own = {"loss_function": loss} | ({"class_names": list(range(n_classes))} if n_classes else {})
        loss = given.get("loss_function") or loss
        if any(given.get(name) is None for name in AUTOMATIC):
            n_trees = given.get("n_estimators", 1000)
            own |= automatic_values(n_trees, n_rows, loss, n_classes, is_watched)
        self.estimator.set_params(**{name: v for name, v in own.items() if given.get(name) is None})

    def _pool(self, X, y, sample_weight):
        from catboost import Pool

        return Pool(self.rows(X), y, weight=sample_weight)

    def predict(self, X: np.ndarray) -> np.ndarray:
        return self.estimator.predict(self.rows(X), thread_count=self.n_threads).ravel()

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        return self.estimator.predict_proba(self.rows(X), thread_count=self.n_threads)

    def tree_contributions(self, X: np.ndarray) -> np.ndarray:
        """Path-dependent TreeSHAP, shape (n_rows, n_columns + 1, n_outputs); the base value is last."""
        import numpy as np
        from catboost import Pool

        parts = self.estimator.get_feature_importance(
            Pool(self.rows(X)), type="ShapValues", thread_count=self.n_threads
        )
        parts = parts[:, :, None] if parts.ndim == 2 else parts.transpose(0, 2, 1)
        return parts[:, [*np.argsort(self.rows.order(X.shape[1])), -1]]


def _fit(estimator, pool, y, **options):
    """Fit in place. CatBoost draws rows by their gradients, and a constant target has none."""
    if (y == y[0]).all() and not {"bootstrap_type", "bagging_temperature"} & set(estimator.get_params()):
        estimator.set_params(bootstrap_type="Bernoulli")
    estimator.fit(pool, **options)


class _Reporter:
    def __init__(self, on_step):
        self.on_step = on_step

    def after_iteration(self, info):
        self.on_step(f"round {info.iteration}")
        return True


def build(
    task: str,
    *,
    seed: int,
    device: str = "cpu",
    n_jobs: int = 1,
    feature_types: Sequence[str] = (),
    early_stopping_rounds: int | None = None,
    **params: Any,
) -> CatBoostModel:
    """Return an unfitted model; columns whose type is "category" hold codes."""
    estimator = _estimator(task)(
        random_seed=seed,
        thread_count=n_jobs,
        allow_writing_files=False,
        allow_const_label=True,
        verbose=False,
        **(ON_CARD if device == "cuda" and gpu_works() else {}),
        **params,
    )
    categorical = [position for position, kind in enumerate(feature_types) if kind == "category"]
    return CatBoostModel(estimator, categorical, early_stopping_rounds, n_jobs)


def target(params: Mapping[str, Any]) -> Freedom:
    """What the parameters allow to be done to the target."""
    losses = [params[name] for name in ("loss_function", "eval_metric") if params.get(name) is not None]
    return least(*(_freedom_of(str(loss).partition(":")[0]) for loss in losses))


def _freedom_of(loss):
    return next((freedom for freedom, names in TARGETS.items() if loss in names), Freedom.GIVEN)


def refusals() -> tuple[type[Exception], ...]:
    from catboost import CatBoostError

    return (CatBoostError,)


def save(model: CatBoostModel, folder: Path) -> None:
    """Write CatBoost's binary format: flat tables that are read and not run, equal to the last bit."""
    model.estimator.save_model(str(folder / FILE), format="cbm")


def load(folder: Path, task: str) -> CatBoostModel:
    """Raises ArtifactsError for a file that is none of CatBoost's, cut off, or of foreign columns."""
    path = folder / FILE
    content = path.read_bytes()
    length = int.from_bytes(content[4:8], "little")
    if content[:4] != MAGIC or len(content) < 8 + length:
        raise ArtifactsError(f"{path} is no CatBoost model, or is cut off. Train the model again.")
    estimator = _estimator(task)()
    try:
        estimator.load_model(blob=content, format="cbm")
    except refusals() as error:
        raise ArtifactsError(f"{path} is damaged ({error}). Train the model again.") from error
    names, n_texts = estimator.feature_names_, len(estimator.get_cat_feature_indices())
    rows = CatBoostRows([int(name) for name in names[len(names) - n_texts :] if name.isdecimal()])
    if names != [str(position) for position in rows.order(len(names))]:
        raise ArtifactsError(f"{path} has columns that are not called by their positions, as ours are.")
    return CatBoostModel(estimator, rows.categorical, n_threads=-1)


def ran_on_gpu(model: CatBoostModel) -> bool:
    return model.estimator.get_all_params()["task_type"] == "GPU"


def _estimator(task):
    from catboost import CatBoostClassifier, CatBoostRegressor

    return CatBoostRegressor if task == "regression" else CatBoostClassifier
