"""An EvaluationInput of a small table, without a whole phase."""

import numpy as np
import pandas as pd
from conftest import make_table

from model_development.evaluation.evaluation_input import EvaluationInput, ScoredRows
from model_development.metrics.table import METRICS
from model_development.pipeline import TabularModel
from model_development.settings.settings import make_settings
from model_development.tasks.table import make_task

MODELS = {"classification": "sklearn_logistic_regression", "regression": "sklearn_linear_regression"}


def make_input(
    kind="binary", n_rows=600, *, table=None, model_name=None, params=None, settings=None, seed=0, **columns
):
    """Half of the rows are out-of-fold rows (3 folds), half test rows.

    table : with the target in `outcome`; made up where None. columns : further columns that are no features,
    each shape (n_rows,).
    """
    table = make_table(kind, n_rows, seed) if table is None else table.reset_index(drop=True)
    n, X = len(table), table.drop(columns="outcome")
    others = pd.DataFrame(columns, index=table.index)
    settings = make_settings(settings or {}, "settings")
    task = make_task(table["outcome"], "outcome", kind, settings.positive_class)
    y = table["outcome"].to_numpy()
    order = np.random.default_rng(seed).permutation(n)
    train, test = np.sort(order[: n // 2]), np.sort(order[n // 2 :])

    def fit(rows):
        name = model_name or MODELS[task.family]
        return TabularModel(name, task.family, params=params).fit(X.iloc[rows], y[rows])

    def said(model, rows):
        outputs = model.predict_matrix(model.to_matrix(X.iloc[rows]))
        return task.predictions(outputs, getattr(model, "classes_", None))

    model = fit(train)
    folds = np.arange(len(train)) % 3
    parts = [np.flatnonzero(folds == k) for k in range(3)]
    outcomes = [said(fit(train[folds != k]), train[folds == k]) for k in range(3)]
    back = np.argsort(np.concatenate(parts))
    labels = np.concatenate([o.labels for o in outcomes])[back]
    probabilities = None
    if outcomes[0].probabilities is not None:
        probabilities = np.concatenate([o.probabilities for o in outcomes])[back]
    out_of_fold = type(outcomes[0])(labels, probabilities, outcomes[0].positive)

    def scored(rows, predictions):
        taken = (X.iloc[rows].reset_index(drop=True), others.iloc[rows].reset_index(drop=True))
        return ScoredRows(rows, taken[0], task.encode(y[rows]), predictions, taken[1])

    return EvaluationInput(
        task=task,
        metric=METRICS[task.default_metric],
        settings=settings,
        schema=model.schema_,
        model=model,
        out_of_fold=scored(train, out_of_fold),
        test=scored(test, said(model, test)),
        seed=seed,
    )
