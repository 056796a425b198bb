"""Models, test rows and projects for the gate and the registry, made by hand."""

import json

import numpy as np
import pandas as pd
from conftest import make_table, write_project
from evaluation_inputs import MODELS

from model_development.evaluation.evaluation_input import ScoredRows
from model_development.metrics.table import METRICS
from model_development.pipeline import TabularModel
from model_development.promotion.gate_input import GateInput, scored_rows
from model_development.promotion.thresholds import make_thresholds
from model_development.settings.settings import make_settings
from model_development.storage.model_folder import save_model
from model_development.tasks.predictions import Predictions
from model_development.tasks.table import make_task


def fitted(kind="binary", table=None, name=None):
    table = make_table(kind, 300) if table is None else table
    task = make_task(table["outcome"], "outcome", kind)
    model = TabularModel(name or MODELS[task.family], task.family)
    return model.fit(table.drop(columns="outcome"), table["outcome"].to_numpy())


def gate_input(thresholds, kind="binary", *, table=None, model=None, groups=None, folder=None, champion=None):
    """What gates look at: a model of the made-up table, and other rows of it."""
    table = make_table(kind, 200, seed=1) if table is None else table
    task = make_task(table["outcome"], "outcome", kind)
    model = fitted(kind) if model is None else model
    rows = scored_rows(model, task, table, table["outcome"].to_numpy(), groups, "model")
    return GateInput(
        model=model,
        folder=folder,
        task=task,
        metric=METRICS[task.default_metric],
        thresholds=make_thresholds(thresholds, "thresholds"),
        table=table,
        rows=rows,
        settings=make_settings({}, "settings"),
        champion=champion,
    )


def labelled(truth, said, groups=None):
    """ScoredRows of two classes where only labels matter."""
    truth, said = np.asarray(truth), np.asarray(said)
    nothing = pd.DataFrame(index=range(len(truth)))
    return ScoredRows(
        np.arange(len(truth)), nothing, truth, Predictions(said, np.eye(2)[said], 1), nothing, groups
    )


def write_final_model(folder, kind="binary", seed=0, **changes):
    """A project whose context hands over a model; returns the context's path. Test rows lie in test.csv."""
    context = write_project(folder, kind, make_table(kind, 300, seed), **changes)
    hand_over(context, fitted(kind, make_table(kind, 300, seed)))
    make_table(kind, 200, seed=9).to_csv(folder / "test.csv", index=False)
    return context


def hand_over(context, model):
    """Let the context hand over another model."""
    place = save_model(model, context.parent / "final_model")
    content = json.loads(context.read_text(encoding="utf-8"))
    content["epoch_005_outputs"] = {"model_path": str(place)}
    context.write_text(json.dumps(content), encoding="utf-8")
    return place
