"""Names and gaps as users have them: no library's rule on either stops a model."""

import numpy as np
import pandas as pd
import pytest
from conftest import of_models

from model_development.data.columns.recognition import infer_schema
from model_development.features.sentences import SentenceEncoder
from model_development.models.table import MODELS
from model_development.pipeline import TabularModel
from model_development.storage.model_folder import load_folder, save_model

N = 120
RNG = np.random.default_rng(0)
WORDS = ["late", "payment", "of", "an", "invoice", "was", "disputed", "by", "customer", "twice"]
pytestmark = pytest.mark.whole

ROWS = [(spec.name, task) for spec in MODELS.values() for task in spec.tasks]
SHORT = {"n_estimators": 10, "epochs": 2, "max_iter": 50}


def sentences(filled):
    return [" ".join(RNG.choice(WORDS, 6)) + f" {i}" if filled(i) else None for i in range(N)]


TABLE = pd.DataFrame(
    {
        "customer__note": sentences(lambda i: True),
        "": sentences(lambda i: True),
        "starts later": sentences(lambda i: i >= 60),
        "hardly begun": sentences(lambda i: i >= 58),
        "ends early": sentences(lambda i: i < 60),
        "new\nline": RNG.choice(["u", "v"], N),
        "passthrough": RNG.choice(["p", "q"], N),
        **{name: RNG.normal(size=N) for name in ("x[0]", "x<1", 'say "hi"', "Age", "age", "{j}:,", "const")},
    }
)


@pytest.mark.parametrize(("name", "task"), of_models(ROWS))
def test_every_model_trains_and_loads_on_odd_names_and_texts_that_come_and_go(name, task, tmp_path):
    schema = infer_schema(TABLE)
    assert len(schema.names("text")) == 5
    y = np.where(TABLE["Age"] > 0, "a", "b") if task == "classification" else TABLE["Age"].to_numpy()
    spec = MODELS[name]
    params = {**spec.baseline, **{key: value for key, value in SHORT.items() if key in spec.baseline}}
    model = TabularModel(name, task, schema, params).fit(TABLE.head(60), y[:60])
    said = model.predict(TABLE)
    assert len(said) == N
    save_model(model, tmp_path / "model")
    np.testing.assert_array_equal(load_folder(tmp_path / "model").predict(TABLE), said)


@pytest.mark.parametrize("texts", [[None] * 5, ["", None, "a", "?", "-"], ["one short text", *[None] * 4]])
def test_texts_of_which_there_are_few_take_as_many_columns_as_ever(texts):
    encoder = SentenceEncoder(n_parts=16)
    assert encoder.fit_transform(texts).shape == (5, 16)
    assert np.isfinite(encoder.transform(["something else entirely", None])).all()
