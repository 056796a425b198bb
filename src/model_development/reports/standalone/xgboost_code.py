"""XGBoost as code."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from sklearn.base import clone

from .calls import written_call
from .cells import Step
from .fits import EARLY_STOPPING, Fit

TEXT_OF_TRIAL = (
    "The number of rounds: the loss on the early-stopping rows has not fallen for {patience} rounds after it."
)
TRIAL = """
trial = clone(model).set_params(early_stopping_rounds={patience})
watched = [(X_train[early_stopping_rows], y_train[early_stopping_rows])]
«weighed = {{"sample_weight": weights[rest], "sample_weight_eval_set": [weights[early_stopping_rows]]}}
»trial.fit(X_train[rest], y_train[rest], eval_set=watched, verbose=False«, **weighed»)
n_rounds = trial.best_iteration + 1
print(n_rounds, "rounds")
"""


def steps(fit: Fit) -> list[Step]:
    """Find the number of rounds, fit the matrix with it, and set `outputs`."""
    patience = fit.estimator.patience
    said = "model.predict_proba" if fit.task.has_classes else "model.predict"
    found, fitting = [], "model.fit(X_train, y_train«, sample_weight=weights»)"
    if patience:
        fit.imports.add("from sklearn.base import clone")
        text = TEXT_OF_TRIAL.format(patience=patience)
        found = [EARLY_STOPPING, Step(text, fit.weighed(TRIAL.format(patience=patience)))]
        fitting = "model.set_params(n_estimators=n_rounds).fit(X_train, y_train«, sample_weight=weights»)"
    return [
        Step("The model, with all parameters that are not as the library has them.", _written(fit)),
        *found,
        Step("It learns from all training rows.", fit.weighed(fitting)),
        Step("What it says of the validation rows.", f"outputs = {said}(X_validation)"),
    ]


def _written(fit):
    estimator = clone(fit.estimator.estimator)
    kinds, instead = estimator.feature_types, {}
    if kinds:
        instead = {"feature_types": types_of(kinds)}
    return f"model = {written_call(estimator.set_params(feature_types=None), fit.imports, instead)}"


def types_of(kinds: Any) -> str:
    """A long list of few different values in short.

    >>> types_of(["q", "q", "c"])
    '["q"] * 2 + ["c"] * 1'
    """
    return " + ".join(f'["{kind}"] * {len(list(group))}' for kind, group in groupby(kinds))
