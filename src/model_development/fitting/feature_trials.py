"""A model with feature steps on the folds of the model without them, and what the steps made; in a worker."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from ..metrics.table import METRICS
from ..pipeline import TabularModel
from ..statistics.differences import value_of
from ..storage.model_folder import load_folder
from .budget import make_plan
from .cross_validate import cross_validate
from .fold_results import FoldFiles
from .measured import Measured
from .worker_steps import on_cpu_if_full, predicted, quiet, read_rows

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from ..metrics.table import Metric

MOST_ROWS, N_SHUFFLES = 1000, 3


def try_on_folds(
    model_name: str,
    params: Mapping[str, Any],
    rows_path: str,
    options: dict[str, Any],
    folds: Sequence[int],
    folds_folder: Path | str | None,
    report: Callable[[str], None],
) -> Measured:
    """Cross-validate a model on these folds alone, with all of their rows.

    folds : numbers of folds. folds_folder : finished folds are kept there, and found again after a kill.
    Returns the dict of `cross_validate`.
    """

    def work(options):
        plan = make_plan(read_rows(rows_path), options["seed"], None, lambda rows: None)
        plan.folds = {number: rows for number, rows in plan.folds.items() if number in folds}
        saved = FoldFiles(folds_folder, options["device"])
        return cross_validate(model_name, params, rows_path, options, report, plan, saved)[0]

    return on_cpu_if_full(work, options)[0]


def describe_made_features(
    folder: Path | str,
    rows_path: str,
    options: dict[str, Any],
    metric_name: str,
    report: Callable[[str], None],
) -> list[dict[str, Any]]:
    """Return of each column that the steps of a saved model have made what it is, the most important first.

    That is `name`, `step`, `sources` (raw columns), `formula`, `missing_share` (of the fitted rows),
    `importance`, which is what the metric loses on validation rows when the column is shuffled, None where it
    has no value there, and `importance_rank` among all columns that the model sees.
    Source: Breiman (2001), Random Forests, Machine Learning 45.
    """
    data, model = read_rows(rows_path), load_folder(folder)
    if not isinstance(model, TabularModel) or model.steps_ is None:
        return []
    drawn = np.random.default_rng(options["seed"]).permutation(len(data.X_validation))[:MOST_ROWS]
    rows = np.sort(drawn)
    truth, metric = data.task.encode(data.y_validation[rows]), METRICS[metric_name]
    table = model.steps_.transform(model.schema_.clean(data.X_validation))  # lags see the rows between them
    table = table.iloc[rows].reset_index(drop=True)
    with quiet():
        losses = _losses(model, table, lambda said: value_of(metric, truth, said), data.task, metric, options)
    order = sorted(losses, key=lambda name: (losses[name] is None, -(losses[name] or 0.0)))
    rank = {name: position for position, name in enumerate(order, start=1)}
    made = [
        asdict(row)
        | {"sources": list(row.sources), "importance": losses[row.name], "importance_rank": rank[row.name]}
        for row in model.feature_metadata()
        if row.step
    ]
    return sorted(made, key=lambda row: row["importance_rank"])


def _losses(
    model: TabularModel,
    table: pd.DataFrame,
    value: Callable[[Any], float],
    task: Any,
    metric: Metric,
    options: dict[str, Any],
) -> dict[str, float | None]:
    """{column: mean loss of the metric over some shuffles of it}."""

    def scored(columns):
        return value(predicted(model, model.preprocessor_.transform(columns), task))

    rng, sign = np.random.default_rng(options["seed"]), 1.0 if metric.greater_is_better else -1.0
    before, losses = scored(table), {}
    for name in table.columns:
        found = []
        for _ in range(N_SHUFFLES):
            shuffled = table.copy(deep=False)
            shuffled[name] = table[name].to_numpy()[rng.permutation(len(table))]
            found.append(sign * (before - scored(shuffled)))
        loss = float(np.mean(found))
        losses[name] = loss if math.isfinite(loss) else None
    return losses
