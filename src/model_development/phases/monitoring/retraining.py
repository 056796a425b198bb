"""When a model is worse for good: what to do about it, and doing it. The gate decides on what comes out."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ...data.reading.dialects import decimal_of
from ...data.reading.sources import load_table
from ...data.with_columns import with_columns
from ...errors import SettingsError
from ...monitoring.performance import FEWEST_LABELLED
from ...settings.context import read_raw_context
from ...storage import files
from ...storage.files import replacing, write_text

if TYPE_CHECKING:
    from ...monitoring.monitor_input import LabelledRows
    from ...settings.settings import Settings
    from .phase import Monitored

OUTPUTS, SOURCE = "epoch_005_outputs", "epoch_004_outputs"


def proposal(found: Monitored) -> dict[str, Any] | None:
    """Return why to retrain, on which rows, by which command; None where the model is not worse for good."""
    if not found.falling:
        return None
    metric, windows = found.package.metric.name, found.falling
    start, end = (found.labelled.rows.span() if found.labelled is not None else None) or (None, None)
    values = ", ".join(f"{window['value']:.4g}" for window in reversed(windows))
    return {
        "why": (
            f"In the last {len(windows)} windows, each of other labelled rows, {metric} was worse than on "
            f"the test rows ({values} against {windows[0]['test_value']:.4g})."
        ),
        "data": {
            "n_labelled": 0 if found.labelled is None else len(found.labelled),
            "start": start,
            "end": end,
            "with": "the table of the context",
        },
        "command": command(found),
    }


def command(found: Monitored) -> str:
    """The command that retrains."""
    asked = found.request
    parts = ["model-development", "monitor", "--package", asked.package, "--data", asked.data]
    parts += ["--labels", asked.labels] if asked.labels else []
    # The same windows and the same history: else the fall would not be seen again.
    parts += ["--window", f"{asked.window:.15g}"] if asked.window is not None else []
    parts += ["--output", asked.output] if asked.output else []
    parts += ["--context", asked.context or "pipeline_context.json", "--retrain"]
    return shlex.join(parts)


def retrain(found: Monitored) -> dict[str, Any]:
    """Run the phases of the context on its table and the labelled rows; return what the context then says.

    A new table and a context of its own are written beside the context: the new model is registered under the
    same name, as its challenger. Raises SettingsError, and leaves all as it was, where rows or context lack.
    """
    from ..evaluation.phase import evaluate_model
    from ..training.phase import finish_training, start_training, train_all, train_dummy
    from ..tuning.phase import tune_best_model

    path = write_retraining_context(found)
    training = start_training(context_path=path)
    train_dummy(training)
    train_all(training)
    finish_training(training)
    tune_best_model(path)
    outputs = evaluate_model(path)
    print(gate_commands(path, outputs))
    return outputs


def gate_commands(path: Path, outputs: dict[str, Any]) -> str:
    """What to do with the challenger."""
    context = shlex.quote(str(path))
    uri = f"models:/{outputs.get('registered_model')}/{outputs.get('registered_model_version')}"
    return (
        "The challenger is registered; the model in production is as it was. Ask the gate with rows that "
        "neither has seen, and promote it if it passes:\n"
        f"  model-development validate --context {context} --model-uri {uri} --test-data ROWS --champion\n"
        f"  model-development promote promote --context {context}"
    )


def write_retraining_context(found: Monitored) -> Path:
    """Write the table and the context for retraining beside the context; return the context's path."""
    if found.context is None:
        raise SettingsError("--retrain needs --context: the project whose phases are to be run.")
    new = _labelled_table(found)
    context = found.context
    known = load_table(context.feature_data, context.target)
    _require_split_columns(context.settings, new)
    decimal = decimal_of(known)
    together = pd.concat([known, new.reindex(columns=known.columns)], ignore_index=True)
    table = _written_with(decimal, together)
    folder = context.path.parent
    with replacing(folder / files.RETRAINING_TABLE) as temporary:  # read again as the context's table is
        table.to_csv(temporary, index=False, sep=";" if decimal == "," else ",")
    content = {k: v for k, v in read_raw_context(context.path).items() if k != OUTPUTS}
    content[SOURCE] = content[SOURCE] | {"feature_data_path": files.RETRAINING_TABLE}
    path = folder / files.RETRAINING_CONTEXT
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    print(
        f"Retraining on {len(known):,} rows of {context.data_source} and {len(new):,} labelled ones: {path}"
    )
    return path


def _labelled_table(found: Monitored) -> pd.DataFrame:
    """The labelled rows as the context's table has them."""
    labelled, task = found.labelled, found.package.task
    if labelled is not None and labelled.rows.recorded is not None:
        labelled = labelled.take(np.flatnonzero(labelled.rows.recorded))
    if labelled is None or labelled.rows.X is None or len(labelled) < FEWEST_LABELLED:
        raise SettingsError(
            f"--retrain needs {FEWEST_LABELLED} labelled rows with their inputs: record these (the service's "
            "setting for inputs), or give a table with the target as --data."
        )
    target = pd.Series(labelled.truth)
    if task.classes:
        target = target.map(dict(enumerate(task.classes)))
    return with_columns(labelled.rows.X, _when(found, labelled) | {task.target: target.to_numpy()})


def _require_split_columns(settings: Settings, new: pd.DataFrame) -> None:
    """Rows without a group would be one group, and those without a time in no order."""
    named = (settings.group_column, settings.time_column, settings.split_column)
    absent = [name for name in named if name is not None and name not in new]
    if absent:
        raise SettingsError(
            f"--retrain needs {', '.join(map(repr, absent))}, by which the project splits its rows, and the "
            "labelled rows lack it. Send it with the requests, which a service records with their inputs, or "
            "give a table that holds it as --data."
        )


def _written_with(decimal: str, table: pd.DataFrame) -> pd.DataFrame:
    """Numbers with decimals as texts with the mark that the file writes before them."""

    def text_of(value):
        return str(value).replace(".", decimal) if isinstance(value, float) and value == value else value

    return table if decimal == "." else table.astype(object).map(text_of)


def _when(found: Monitored, labelled: LabelledRows) -> dict[str, Any]:
    """What the log says of when each row came, for a project that splits its rows by time."""
    name = found.context.settings.time_column if found.context else None
    X, times = labelled.rows.X, labelled.rows.times
    if name is None or times is None or (X is not None and name in X):
        return {}
    return {name: times.dt.strftime("%Y-%m-%dT%H:%M:%S").to_numpy()}
