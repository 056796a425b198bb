"""What a network is made of can be searched: depth, widths, activation, optimiser, and its input form."""

import numpy as np
import pytest

from model_development.models.architecture import BASELINE, canonical_params, hidden_units
from model_development.models.one_row.table import quick_on_one_row
from model_development.models.table import MODELS
from model_development.pipeline import TabularModel
from model_development.storage.model_folder import load_folder, save_model

NETWORKS = ("pytorch_nn", "tensorflow_nn")
SMALL = {
    "pytorch_nn": {"layer1_units": 12, "layer2_units": 6, "epochs": 15, "learning_rate": 0.02},
    "tensorflow_nn": {"layer1_units": 12, "layer2_units": 6, "batch_size": 32, "learning_rate": 0.02},
}
VARIANTS = [
    {"n_layers": 1, "activation": "gelu", "input_form": "scaled"},
    {"n_layers": 4, "activation": "silu", "input_form": "binned"},
    {"optimizer": "sgd"},
]


def fitted(name, X, y, family="classification", **params):
    return TabularModel(name, family, params={**MODELS[name].baseline, **SMALL[name], **params}).fit(X, y)


@pytest.mark.whole
@pytest.mark.parametrize("params", VARIANTS)
@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_of_another_make_learns_and_is_saved_as_it_is(name, params, tiny, tmp_path):
    X, y = tiny("classification")
    model = fitted(name, X, y, **params)
    assert (model.predict(X) == y).mean() > 0.75
    layers = params.get("n_layers", 2)
    assert model.estimator_.sizes_[1:-1] == [12, *[6] * (layers - 1)]
    save_model(model, tmp_path / "model")
    loaded = load_folder(tmp_path / "model")
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    quick, matrix = quick_on_one_row(model.spec.framework, loaded.estimator_), loaded.to_matrix(X.head(1))
    np.testing.assert_array_equal(quick.predict_proba(matrix), loaded.estimator_.predict_proba(matrix))


@pytest.mark.whole
def test_the_input_form_is_what_the_network_sees(tiny):
    X, y = tiny("regression")
    widths = {
        form: fitted("pytorch_nn", X, y, "regression", input_form=form).estimator_.sizes_[0]
        for form in ("scaled", "binned", "both")
    }
    assert widths["scaled"] < widths["binned"] < widths["both"] == widths["binned"] + 4  # of 4 numbers
    with pytest.raises(ValueError, match="input_form is 'raw'; allowed: both, scaled, binned"):
        fitted("pytorch_nn", X, y, "regression", input_form="raw")


@pytest.mark.whole
@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"activation": "rellu"}, "activation is 'rellu'; allowed: relu, gelu, silu"),
        ({"optimizer": "adam"}, "optimizer is 'adam'; allowed: adamw, sgd"),
        ({"n_layers": 0}, "n_layers must be a whole number"),
    ],
)
def test_what_makes_no_network_is_said(params, message, tiny):
    with pytest.raises(ValueError, match=message):
        fitted("pytorch_nn", *tiny("classification"), **params)


def test_the_baseline_is_two_layers_of_relu_and_one_layer_has_no_second():
    for name in NETWORKS:
        spec = MODELS[name]
        assert BASELINE.items() <= spec.baseline.items()
        assert hidden_units(spec.baseline) == [128, 64]
        assert set(BASELINE) <= set(spec.ranges)
        assert not set(BASELINE) & set(spec.search_space)
    one = [canonical_params({"n_layers": 1, "layer1_units": 8, "layer2_units": n}) for n in (4, 9)]
    assert one[0] == one[1]
