"""CatBoost as code."""

from __future__ import annotations

from ...models.catboost_rows import CatBoostRows
from .calls import written_call
from .cells import Step, listed
from .fits import EARLY_STOPPING, Fit
from .source import plain_source

TEXT_OF_TRIAL = (
    "The number of trees: the loss on the early-stopping rows has not fallen for {patience} trees after it."
)
TEXT_OF_MODEL = (
    "The model, with all parameters that are not as the library has them, and those that CatBoost would "
    "choose by itself, and differently for another number of trees."
)
TRIAL = """
watched = Pool(
    rows(X_train[early_stopping_rows]), y_train[early_stopping_rows]«, weight=weights[early_stopping_rows]»
)
trial = model.copy()
learnt = Pool(rows(X_train[rest]), y_train[rest]«, weight=weights[rest]»)
trial.fit(learnt, eval_set=watched, early_stopping_rounds={patience})
n_trees = trial.get_best_iteration() + 1
print(n_trees, "trees")
"""


def steps(fit: Fit) -> list[Step]:
    """Find the number of trees, fit the matrix with it, and set `outputs`."""
    model, said = fit.estimator, "model.predict_proba" if fit.task.has_classes else "model.predict"
    found, number, n_watched = [], "", 0
    if model.patience:
        n_watched = len(fit.data.early_stopping_rows(fit.rows, fit.seed))
        text = TEXT_OF_TRIAL.format(patience=model.patience)
        found = [EARLY_STOPPING, Step(text, fit.weighed(TRIAL.format(patience=model.patience)))]
        number = ".set_params(n_estimators=n_trees)"
    model.choose(fit.y, len(fit.rows) - n_watched, is_watched=bool(model.patience))
    source, imports = plain_source(CatBoostRows)
    fit.imports.update(imports, {"from catboost import Pool"})
    train = fit.weighed("fit(Pool(rows(X_train), y_train«, weight=weights»))")
    rows = f"{source}\n\n\nrows = CatBoostRows({listed(model.rows.categorical)})"
    return [
        Step("Rows as CatBoost takes them, with the positions of categories.", rows),
        Step(TEXT_OF_MODEL, f"model = {written_call(model.estimator, fit.imports)}"),
        *found,
        Step("It learns from all training rows.", f"model{number}.{train}"),
        Step("What it says of the validation rows.", f"outputs = {said}(rows(X_validation))"),
    ]
