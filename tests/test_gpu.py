"""What is trained on a card: as good as on the CPU, loaded without one. Skipped where there is none.

By one process (`pytest -m slow tests/test_gpu.py`): several would take the card's memory from each other.
"""

import os
import pickle
import subprocess
import sys
from functools import cache

import numpy as np
import pytest
from conftest import ROOT, make_table, write_project

from model_development import model_utils as mu
from model_development.data.columns.recognition import infer_schema
from model_development.data.intake import take_in
from model_development.execution.hardware import nvidia_card
from model_development.fitting.combinations import try_combinations
from model_development.fitting.cross_validate import cross_validate
from model_development.models.table import MODELS
from model_development.phases.gpu import runs_on_card
from model_development.pipeline import TabularModel
from model_development.settings.context import read_context
from model_development.storage.model_folder import save_model

pytestmark = [
    pytest.mark.whole,
    pytest.mark.slow,
    pytest.mark.skipif(not nvidia_card()["available"], reason="nvidia-smi reports no card"),
]

QUICK = {
    "xgboost_baseline": {"n_estimators": 60},
    "catboost_baseline": {"n_estimators": 60},
    "pytorch_nn": {"epochs": 15},
    "tensorflow_nn": {},
}
KINDS = {"classification": ["binary", "multiclass"], "regression": ["regression"]}
ROWS = [(name, kind) for name in QUICK for family in MODELS[name].tasks for kind in KINDS[family]]
LOSS = {"binary": "log_loss", "multiclass": "log_loss", "regression": "rmse"}
SHARED = {"n_estimators": [20, 40, 60], "epochs": [5, 10, 15]}
PREDICT = """
import sys, numpy as np, pandas as pd
from model_development import model_utils as mu
model = mu.load_model(sys.argv[1])
rows = pd.read_parquet(sys.argv[2])
np.save(sys.argv[3], model.predict_proba(rows) if hasattr(model, "predict_proba") else model.predict(rows))
"""


@cache
def can_use_card(name):
    framework = MODELS[name].framework
    return runs_on_card([framework])[framework]


def on_card(name, device="cuda"):
    """Options of a model that can use the card here; others are skipped."""
    if not can_use_card(name):
        pytest.skip(f"{MODELS[name].framework} does not run on the card here")
    return {"seed": 0, "device": device, "n_jobs": 2}


@pytest.fixture
def rows(tmp_path):
    def write(kind):
        project = write_project(tmp_path / kind, kind, table=make_table(kind, n_rows=2000))
        path = tmp_path / f"{kind}.pkl"
        path.write_bytes(pickle.dumps(take_in(read_context(project)).data))
        return str(path)

    return write


def quiet(text):
    """Progress that nobody reads."""


def params_of(name, **changes):
    spec = MODELS[name]
    return {**spec.baseline, **spec.in_search, **QUICK[name], **changes}


def outputs(model, X):
    return model.predict_proba(X) if hasattr(model, "predict_proba") else model.predict(X)


@pytest.mark.parametrize(("name", "kind"), ROWS)
def test_the_card_scores_as_the_cpu_does(name, kind, rows):
    path, losses = rows(kind), []
    for device in ("cuda", "cpu"):
        measured, _ = cross_validate(name, params_of(name), path, on_card(name, device), quiet)
        losses.append(measured["cv"][LOSS[kind]]["mean"])
    assert losses[0] == pytest.approx(losses[1], rel=0.1)


@pytest.mark.parametrize(("name", "kind"), ROWS)
def test_the_card_gives_the_same_scores_twice(name, kind, rows):
    path = rows(kind)
    first, second = (
        cross_validate(name, params_of(name), path, on_card(name), quiet)[0]["fold_scores"] for _ in range(2)
    )
    assert first[LOSS[kind]] == second[LOSS[kind]]


@pytest.mark.parametrize(("name", "kind"), ROWS)
def test_a_model_of_the_card_is_loaded_without_one(name, kind, tmp_path):
    table, family = make_table(kind), MODELS[name].tasks[0] if kind != "regression" else "regression"
    X, y = table.drop(columns="outcome"), table["outcome"].to_numpy()
    model = TabularModel(name, family, infer_schema(X), params_of(name), **on_card(name)).fit(X, y)
    assert MODELS[name].library.ran_on_gpu(model.estimator_)
    folder = save_model(model, tmp_path / "model")
    X.to_parquet(tmp_path / "rows.parquet")
    found, environment = tmp_path / "found.npy", os.environ | {"CUDA_VISIBLE_DEVICES": ""}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-c", PREDICT, folder, tmp_path / "rows.parquet", found]
    subprocess.run(command, env=environment, check=True)
    np.testing.assert_allclose(np.load(found), outputs(model, X), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("name", "kind"), ROWS)
def test_scores_that_share_a_fit_on_the_card_are_those_of_independent_fits(name, kind, rows):
    path, options = rows(kind), on_card(name)
    (parameter,) = {"n_estimators", "epochs"} & set(QUICK[name]) or {"learning_rate"}
    values = SHARED.get(parameter, [0.001, 0.01])
    combinations = [params_of(name, **{parameter: value}) for value in values]
    shared = try_combinations(name, combinations, path, options, quiet)
    tolerance = 1e-3 if name.endswith("_nn") else 0
    for params, result in zip(combinations, shared, strict=True):
        alone = cross_validate(name, params, path, options, quiet)[0]["fold_scores"][LOSS[kind]]
        assert result["fold_scores"][LOSS[kind]] == pytest.approx(alone, rel=tolerance, abs=0)


@pytest.mark.parametrize("kind", ["binary", "regression"])
def test_both_phases_use_the_card(kind, tmp_path, without_charts):
    models = [name for name in QUICK if can_use_card(name)]
    table = make_table(kind, n_rows=2000)
    context = write_project(tmp_path, kind, table=table, settings={"device": "auto"})
    phase = mu.start_training(context_path=context, models=models)
    results = {result.name: result for result in mu.train_all(phase) if result.name in models}
    assert {name: result.status for name, result in results.items()} == dict.fromkeys(models, "ok")
    assert {result.metric("gpu_used") for result in results.values()} == {1}
    mu.finish_training(phase)
    for name in models:
        content = mu.tune_best_model(context, model=name, strategy="random", n_trials=6)
        assert content["best_model_name"] == name


# Not XGBoost: on a card this full it asks for the card in every round, on the CPU too, and takes minutes.
@pytest.mark.parametrize("name", ["pytorch_nn", "catboost_baseline"])
def test_a_card_that_is_full_hands_the_model_to_the_cpu(name, rows):
    import torch

    options, path = on_card(name), rows("binary")
    free, _ = torch.cuda.mem_get_info()
    taken = torch.empty(free - 2**26, dtype=torch.uint8, device="cuda")  # 64 MB are left
    program = (
        "import sys, pickle\n"
        "from model_development.fitting.cross_validate import cross_validate\n"
        "from model_development.fitting.worker_steps import on_cpu_if_full\n"
        "name, params, path, options = pickle.loads(bytes.fromhex(sys.argv[1]))\n"
        "work = lambda options: cross_validate(name, params, path, options, print)[0]\n"
        "print('NOTE', on_cpu_if_full(work, options)[1])\n"
    )
    argument = pickle.dumps((name, params_of(name), path, options)).hex()
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    command = [sys.executable, "-c", program, argument]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    del taken
    torch.cuda.empty_cache()
    assert done.returncode == 0, done.stderr[-2000:]
    assert "NOTE the memory of the GPU was too small" in done.stdout
