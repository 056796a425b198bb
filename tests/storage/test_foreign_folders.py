"""Model folders that somebody changed, or that are none of ours: refused in a sentence, nothing runs."""

import base64
import json
import marshal
import pickle
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression

from model_development.data.columns.recognition import infer_schema
from model_development.errors import ArtifactsError
from model_development.models.table import MODELS
from model_development.pipeline import TabularModel
from model_development.storage.model_file import checksums
from model_development.storage.model_folder import save_model
from model_development.tracking.loading import load_model

pytestmark = pytest.mark.whole

CLASSIFIERS = [name for name, spec in MODELS.items() if "classification" in spec.tasks]
OF_OTHER_LIBRARIES = [name for name in CLASSIFIERS if MODELS[name].framework != "sklearn"]


class Foreign(BaseEstimator):
    """A type of somebody else."""


class Payload:
    """Unpickled, it creates a file."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return Path.touch, (Path(self.marker),)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """saved(name): the folder of a fitted classifier, made once."""
    folders = {}

    def make(name):
        if name not in folders:
            rng = np.random.default_rng(1)
            X = pd.DataFrame({"a": rng.normal(size=120), "e": rng.choice(["x", "y"], 120)})
            y = np.where(X["a"] > 0, "yes", "no").astype(object)
            short = {k: 3 for k in ("n_estimators", "epochs") if k in MODELS[name].baseline}
            model = TabularModel(name, "classification", infer_schema(X), {**MODELS[name].baseline, **short})
            folders[name] = save_model(model.fit(X, y), tmp_path_factory.mktemp(name) / "model")
        return folders[name]

    return make


@pytest.fixture
def copy_of(saved, tmp_path):
    return lambda name: Path(shutil.copytree(saved(name), tmp_path / name))


def rewrite(folder, **changes):
    """Change model.json, and let its checksums agree with the files, as somebody would who means harm."""
    path = folder / "model.json"
    content = json.loads(path.read_text()) | {"files": checksums(folder)} | changes
    path.write_text(json.dumps({k: v for k, v in content.items() if v is not ...}))


def change_archive(path, **members):
    """Replace members of a zip archive, or add them."""
    with zipfile.ZipFile(path) as archive:
        old = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (old | members).items():
            archive.writestr(name, content)


def refused(folder, match):
    with pytest.raises(ArtifactsError, match=match) as caught:
        load_model(folder)
    assert "Traceback" not in str(caught.value)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_a_file_that_changed_since_it_was_saved_is_found(name, copy_of):
    for file in sorted(copy_of(name).iterdir()):
        if file.name == "model.json":
            continue
        before = file.read_bytes()
        file.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
        refused(file.parent, f"{file.name} changed since it was saved")
        file.write_bytes(before)
    assert load_model(file.parent).model_name == name


@pytest.mark.parametrize("file", ["preprocessor.skops", "estimator.skops"])
def test_a_foreign_type_in_a_skops_file_is_refused(file, copy_of):
    from skops.io import dump, load

    folder = copy_of("sklearn_logistic_regression")
    known = ["numpy.dtype"]
    holder = load(folder / file, trusted=known)
    holder.foreign = Foreign()
    dump(holder, folder / file)
    rewrite(folder)
    refused(folder, f"{file} is refused: it holds .*Foreign")


@pytest.mark.parametrize("file", ["preprocessor.skops", "estimator.skops"])
def test_another_object_of_scikit_learn_in_a_skops_file_is_refused(file, copy_of):
    from sklearn.preprocessing import StandardScaler
    from skops.io import dump

    folder = copy_of("sklearn_logistic_regression")
    dump(StandardScaler().fit(np.zeros((3, 7))), folder / file)
    rewrite(folder)
    refused(folder, "damaged")


def test_trees_that_lead_out_of_their_arrays_are_refused(copy_of):
    from skops.io import dump, load

    from model_development.models.sklearn_models import SKOPS_TYPES

    folder = copy_of("sklearn_random_forest")
    forest = load(folder / "estimator.skops", trusted=list(SKOPS_TYPES))
    state = forest.estimators_[1].tree_.__getstate__()
    for child in (10**6, 0):  # far beyond the nodes; back to the root, for ever
        state["nodes"]["left_child"][0] = child
        forest.estimators_[1].tree_.__setstate__(state)
        dump(forest, folder / "estimator.skops")
        rewrite(folder)
        refused(folder, "no tree")


def test_a_pickle_in_place_of_weights_is_refused_and_does_not_run(copy_of, tmp_path):
    import torch

    folder, marker = copy_of("pytorch_nn"), tmp_path / "it_ran"
    padding = bytes(10**6)
    torch.save({"0.weight": Payload(marker), "padding": padding}, folder / "weights.pt")
    rewrite(folder)
    refused(folder, "weights.pt is refused")
    (folder / "weights.pt").write_bytes(pickle.dumps([Payload(marker), padding]))
    rewrite(folder)
    refused(folder, "weights.pt is refused")
    assert not marker.exists()
    pickle.loads((folder / "weights.pt").read_bytes())
    assert marker.exists()  # the payload does run where it is unpickled


def keras_config(folder):
    with zipfile.ZipFile(folder / "network.keras") as archive:
        return json.loads(archive.read("config.json"))


def lambda_layer(marker):
    code = compile(f"open({str(marker)!r}, 'w')", "payload", "exec")
    text = base64.b64encode(marshal.dumps(code)).decode()
    function = {"class_name": "__lambda__", "config": {"code": text, "defaults": None, "closure": None}}
    config = {"name": "lambda", "function": function, "arguments": {}}
    return {"module": "keras.layers", "class_name": "Lambda", "config": config, "registered_name": None}


FOREIGN_LAYERS = {
    "lambda": lambda_layer,
    "module": lambda _: {"module": "os", "class_name": "system", "config": {}, "registered_name": None},
    "registered_name": lambda _: {
        "module": "keras.layers",
        "class_name": "Dense",
        "config": {},
        "registered_name": "builtins>exec",
    },
    "reads_a_file": lambda _: {
        "module": "keras.layers",
        "class_name": "StringLookup",
        "config": {"vocabulary": "/etc/passwd"},
        "registered_name": None,
    },
}


@pytest.mark.parametrize("layer", FOREIGN_LAYERS)
def test_a_foreign_layer_in_the_keras_file_is_refused_and_does_not_run(layer, copy_of, tmp_path):
    folder, marker = copy_of("tensorflow_nn"), tmp_path / "it_ran"
    config = keras_config(folder)
    config["config"]["layers"].append(FOREIGN_LAYERS[layer](marker))
    change_archive(folder / "network.keras", **{"config.json": json.dumps(config)})
    rewrite(folder)
    refused(folder, "network.keras is refused: it holds")
    assert not marker.exists()


def test_a_foreign_function_within_a_layer_of_ours_is_refused(copy_of):
    folder = copy_of("tensorflow_nn")
    config = keras_config(folder)
    dense = next(layer for layer in config["config"]["layers"] if layer["class_name"] == "Dense")
    dense["config"]["activation"] = {"module": "builtins", "class_name": "function", "config": "exec"}
    change_archive(folder / "network.keras", **{"config.json": json.dumps(config)})
    rewrite(folder)
    refused(folder, "builtins function")


def test_the_weights_of_another_network_are_refused(copy_of):
    import keras

    folder = copy_of("tensorflow_nn")
    other = keras.Sequential([keras.Input((7,)), keras.layers.Dense(5000), keras.layers.Dense(2)])
    other.save(folder / "other.keras")
    with zipfile.ZipFile(folder / "other.keras") as archive:
        weights = archive.read("model.weights.h5")
    (folder / "other.keras").unlink()
    change_archive(folder / "network.keras", **{"model.weights.h5": weights})
    rewrite(folder)
    refused(folder, "damaged")


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("sklearn_logistic_regression", "preprocessor.skops"),
        ("pytorch_nn", "weights.pt"),
        ("tensorflow_nn", "network.keras"),
    ],
)
def test_archives_that_lead_out_of_their_folder_or_fill_the_memory_are_refused(name, file, copy_of):
    folder = copy_of(name)
    good = (folder / file).read_bytes()
    for path in ("../../outside", "/etc/outside", "C:\\outside", "a\\..\\..\\outside"):
        (folder / file).write_bytes(good)
        with zipfile.ZipFile(folder / file, "a") as archive:
            archive.writestr(zipfile.ZipInfo(path), b"x")
        rewrite(folder)
        refused(folder, "leads out of the archive")
    (folder / file).write_bytes(good)
    with zipfile.ZipFile(folder / file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(150_000_000))
    rewrite(folder)
    refused(folder, "would unpack to")


@pytest.mark.parametrize("name", ["pytorch_nn", "tensorflow_nn"])
@pytest.mark.parametrize(
    "sizes", [[49, 10**9, 10**9, 2], [49], [], "49", [49, -1, 2], [49, 128.0, 2], None, [10**30, 2]]
)
def test_absurd_sizes_of_a_network_are_refused_before_it_is_built(name, sizes, copy_of):
    folder = copy_of(name)
    path = folder / "network.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"sizes": sizes}))
    rewrite(folder)
    refused(folder, "sizes")


WRONG = {
    "model_name": [..., 5, None, "no_such_model", "sklearn_logistic_regresion"],
    "family": [..., 1, "regression", "ranking"],
    "classes": [..., None, [], "yes", [["a"], ["b"]], ["a", "a"], ["a", 1], ["a", "b", "c"], {"a": 1}],
    "schema": [..., [], {}, {"columns": 5}, {"columns": [{"name": 5}]}, {"columns": [{"nom": "a"}]}],
    "params": [..., [], "C"],
    "seed": [..., "42", None, True],
    "packages": [..., [], {"numpy": 2}],
    "files": [..., [], {"preprocessor.skops": 5}, {"../../etc/passwd": "00"}],
    "schema_version": [..., "1", 999],
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key in WRONG for value in WRONG[key]])
def test_a_wrong_value_in_the_description_of_a_model_is_refused(key, value, copy_of):
    folder = copy_of("sklearn_logistic_regression")
    rewrite(folder, **{key: value})
    refused(folder, "(?s).")


def test_all_that_is_wrong_is_said_at_once(copy_of):
    folder = copy_of("sklearn_logistic_regression")
    rewrite(folder, seed="42", classes=..., params=[])
    refused(folder, "`classes` is missing; `params` is .*; `seed` is '42', not int")


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", "5", "[" * 100_000, '{"a": ' * 5000, "{\x00"])
def test_a_description_that_is_no_description_is_refused(text, copy_of):
    folder = copy_of("sklearn_logistic_regression")
    (folder / "model.json").write_text(text)
    refused(folder, "(?s).")


@pytest.mark.parametrize("other", OF_OTHER_LIBRARIES)
def test_a_description_that_names_another_library_than_the_files_is_refused(other, copy_of):
    folder = copy_of("sklearn_logistic_regression")
    rewrite(folder, model_name=other)
    refused(folder, "damaged")


def test_columns_that_do_not_fit_the_preprocessor_are_refused(copy_of):
    folder = copy_of("sklearn_logistic_regression")
    content = json.loads((folder / "model.json").read_text())
    content["schema"]["columns"][0]["kind"] = "category"
    rewrite(folder, schema=content["schema"])
    refused(folder, "damaged")


def test_an_estimator_for_another_matrix_is_refused(copy_of):
    from skops.io import dump

    folder = copy_of("sklearn_logistic_regression")
    dump(LogisticRegression().fit(np.eye(9), [0, 1] * 4 + [0]), folder / "estimator.skops")
    rewrite(folder)
    refused(folder, "damaged")
