"""What TensorFlow leaves behind where a worker is killed, as all are in the end."""

import tempfile

import numpy as np
import pytest

from model_development.models import tensorflow_models
from model_development.models.table import MODELS

pytestmark = pytest.mark.whole


def test_training_writes_no_code_to_the_temporary_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    params = MODELS["tensorflow_nn"].baseline | {"epochs": 2, "layer1_units": 13}  # a graph of its own
    X = np.random.default_rng(0).normal(size=(80, 3))
    model = tensorflow_models.build("regression", seed=0, **params)
    model.fit(X, X[:, 0], np.arange(10))
    assert list(tmp_path.rglob("*.py")) == []
