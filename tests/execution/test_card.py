"""What is asked of a card, as far as that can be seen without one; tests/test_gpu.py has the rest."""

import numpy as np
import pytest

from model_development.execution import hardware
from model_development.execution.local import LocalEngine
from model_development.models import catboost_models, lightgbm_models, xgboost_models
from model_development.models.table import MODELS
from model_development.phases import gpu

pytestmark = pytest.mark.whole

X, Y = np.arange(40.0).reshape(20, 2), np.arange(20) % 2


@pytest.fixture
def small_card(monkeypatch):
    hardware.places_on.cache_clear()
    card = {"available": True, "name": "T4", "memory_mb": 5000, "count": 1}
    monkeypatch.setattr(hardware, "nvidia_card", lambda: card)
    yield
    hardware.places_on.cache_clear()


def test_a_small_card_has_few_workers_side_by_side_which_share_the_cores(small_card):
    engine = LocalEngine(n_jobs=8, device="cuda")
    assert engine.n_slots == engine.n_workers == 2
    assert engine._plan_of_many == (2, 4)
    assert LocalEngine(n_jobs=8, device="cpu").n_slots == 8


def test_catboost_leaves_room_on_the_card_for_others(monkeypatch):
    monkeypatch.setattr(catboost_models, "gpu_works", lambda: True)
    params = catboost_models.build("classification", seed=0, device="cuda").estimator.get_params()
    assert params["task_type"] == "GPU"
    assert params["gpu_ram_part"] <= 0.5


def test_xgboost_predicts_where_the_rows_are_and_knows_where_it_was_fitted(monkeypatch):
    model = xgboost_models.build("classification", seed=0, device="cuda", n_estimators=3)
    device_of = xgboost_models._device
    monkeypatch.setattr(xgboost_models, "_device", lambda booster: "cuda:0")
    model.fit(X, Y, [])
    assert xgboost_models.ran_on_gpu(model)
    assert device_of(model.estimator.get_booster()) == "cpu"
    monkeypatch.undo()
    assert not xgboost_models.ran_on_gpu(model.fit(X, Y, []))


def test_lightgbm_stays_on_the_cpu_where_there_is_a_card():
    model = lightgbm_models.build("classification", seed=0, device="cuda", n_estimators=3)
    model.fit(X, Y, [])
    assert not MODELS["lightgbm_baseline"].ran_on_gpu(model)


def test_only_frameworks_that_can_use_a_card_are_tried_on_it(small_card, monkeypatch):
    asked = []
    monkeypatch.setattr(gpu, "nvidia_card", hardware.nvidia_card)
    monkeypatch.setattr(gpu, "runs_on_card", lambda names: asked.extend(names) or dict.fromkeys(names, True))
    found = gpu.detect_gpu()["frameworks"]
    assert asked == ["catboost", "pytorch", "tensorflow", "xgboost"]
    assert {name for name, used in found.items() if not used} == {"lightgbm", "sklearn", "statsmodels"}
