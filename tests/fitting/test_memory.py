"""What is planned of memory comes from the matrix that a model really sees."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import make_table, write_project

from model_development.data.intake import take_in
from model_development.features.preprocessors import make_preprocessor
from model_development.fitting.memory import memory_needs
from model_development.models.table import MODELS
from model_development.settings.context import read_context

KINDS = sorted({spec.features for spec in MODELS.values()} - {"none"})


def development_data(folder, kind, n_rows=3000):
    rng, table = np.random.default_rng(0), make_table(kind, n_rows)
    words = ["late", "payment", "of", "an", "invoice", "was", "disputed"]
    table["wide"] = [f"level {i}" for i in rng.integers(0, 200, n_rows)]
    table["mostly zero"] = np.where(rng.random(n_rows) < 0.7, 0.0, rng.lognormal(0, 5, n_rows))
    table["comment"] = [" ".join(rng.choice(words, 6)) + f" {i}" for i in range(n_rows)]
    table["gone"] = np.where(rng.random(n_rows) < 0.5, np.nan, rng.normal(size=n_rows))
    return take_in(read_context(write_project(folder, kind, pd.DataFrame(table))), with_checks=False).data


@pytest.mark.whole
@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_planned_matrix_is_near_the_real_one(kind, task, tmp_path):
    data = development_data(tmp_path, task)
    y = data.task.encode(data.y_train)
    clean = data.schema.clean(data.X_train)
    matrix = make_preprocessor(kind, data.schema, data.task.family).fit_transform(clean, y)
    needs = memory_needs(data)
    (spec, *_) = [spec for spec in MODELS.values() if spec.features == kind]
    assert 0.9 * matrix.shape[1] <= needs.widths[kind] <= 1.15 * matrix.shape[1] + 1
    assert needs.matrix_mb(spec) * 2**20 == pytest.approx(matrix.nbytes, rel=0.15)


@pytest.mark.whole
def test_more_rows_and_larger_models_need_more(tmp_path):
    small, large = (memory_needs(development_data(tmp_path / str(n), "binary", n)) for n in (500, 5000))
    for name, spec in MODELS.items():
        assert large.worker_mb(spec) >= small.worker_mb(spec), name
    forest = MODELS["sklearn_random_forest"]
    assert large.worker_mb(forest, {"n_estimators": 9000}) > 2 * large.worker_mb(forest)
    assert large.worker_mb(forest, {"n_estimators": 9000, "max_depth": 2}) < 2 * large.worker_mb(forest)
    assert large.worker_mb(forest, {"n_estimators": 9000, "min_samples_leaf": 0.1}) < 2 * large.worker_mb(
        forest
    )
    assert large.cache_mb(MODELS["pytorch_nn"]) > large.cache_mb(forest)


def test_sentences_need_memory_for_their_n_grams(tmp_path):
    """The sparse matrix of 100,000 reviews, a gigabyte for each worker, was in no plan."""
    data = development_data(tmp_path, "binary", 500)
    assert data.n_characters == data.X_train["comment"].str.len().sum()
    needs, spec = memory_needs(data), MODELS["lightgbm_baseline"]
    more = replace(needs, n_characters=20_000_000)
    assert more.worker_mb(spec) - needs.worker_mb(spec) > 500
    dummy = MODELS["dummy_floor"]
    assert more.worker_mb(dummy) == needs.worker_mb(dummy)


@pytest.mark.whole
def test_a_search_is_planned_for_the_largest_model_that_it_may_try(tmp_path):
    """Forests of three times the trees had workers planned for the baseline, and were killed."""
    needs = replace(memory_needs(development_data(tmp_path, "binary", 500)), n_rows=1_000_000)
    forest = MODELS["sklearn_random_forest"]
    largest = needs.worker_mb(forest, {"n_estimators": 300, "max_depth": None, "min_samples_leaf": 1})
    assert needs.search_mb(forest) == largest + needs.cache_mb(forest)
    assert needs.search_mb(forest) > 1.5 * (needs.worker_mb(forest) + needs.cache_mb(forest))
    linear = MODELS["sklearn_logistic_regression"]
    assert needs.search_mb(linear) == needs.worker_mb(linear) + needs.cache_mb(linear)
