"""XGBoost as code."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from sklearn.base import clone

from .calls import written_call
from .cells import Step
from .fits import EARLY_STOPPING, Fit


def steps(fit: Fit) -> list[Step]:
    """Find the number of rounds, fit the matrix with it, and set `outputs`."""
    patience = fit.estimator.patience
    said = "model.predict_proba" if fit.task.has_classes else "model.predict"
    model = _written(fit, {})
    found: list[Step] = []
    if patience:
        trial = _written(fit, {"early_stopping_rounds": str(patience)})
        found = [EARLY_STOPPING, Step(TEXT_OF_TRIAL.format(patience=patience), TRIAL.format(trial=trial))]
        model = _written(fit, {"n_estimators": "n_rounds"})
    text = "All training rows with that number." if patience else "The model."
    return [
        *found,
        Step(text, f"model = {model}\nmodel.fit(X_train, y_train)"),
        Step("What it says of the validation rows.", f"outputs = {said}(X_validation)"),
    ]


TEXT_OF_TRIAL = (
    "The number of rounds: the loss on the early-stopping rows has not fallen for {patience} rounds after it."
)
TRIAL = """
trial = {trial}
watched = [(X_train[early_stopping_rows], y_train[early_stopping_rows])]
trial.fit(X_train[rest], y_train[rest], eval_set=watched, verbose=False)
n_rounds = trial.best_iteration + 1
print(n_rounds, "rounds")
"""


def _written(fit, instead):
    estimator = clone(fit.estimator.estimator)
    kinds = estimator.feature_types
    if kinds:
        instead = {"feature_types": types_of(kinds)} | instead
    return written_call(estimator.set_params(feature_types=None), fit.imports, instead)


def types_of(kinds: Any) -> str:
    """A long list of few different values in short.

    >>> types_of(["q", "q", "c"])
    '["q"] * 2 + ["c"] * 1'
    """
    return " + ".join(f'["{kind}"] * {len(list(group))}' for kind, group in groupby(kinds))
