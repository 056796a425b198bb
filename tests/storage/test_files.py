import json

import numpy as np
import pytest

from model_development.errors import ArtifactsError
from model_development.storage.files import (
    open_artifacts_folder,
    read_json,
    replacing,
    replacing_folder,
    to_json,
    write_text,
)


def test_json_is_strict_whatever_numpy_brings():
    text = to_json({"nan": float("nan"), "inf": np.float64("inf"), "n": np.int64(3), "a": np.arange(2)})
    assert json.loads(text) == {"schema_version": 1, "nan": None, "inf": None, "n": 3, "a": [0, 1]}


def test_a_write_that_fails_leaves_the_old_file_and_no_litter(tmp_path):
    path = tmp_path / "file.json"
    write_text(path, "old")

    def fail():
        with replacing(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError("power cut")

    pytest.raises(RuntimeError, fail)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_is_replaced_whole_or_not_at_all(tmp_path):
    for content in ("first", "second"):
        with replacing_folder(tmp_path / "model") as temporary:
            (temporary / content).write_text(content)

    def fail():
        with replacing_folder(tmp_path / "model") as temporary:
            (temporary / "third").write_text("half")
            raise RuntimeError("power cut")

    pytest.raises(RuntimeError, fail)
    assert [path.name for path in (tmp_path / "model").iterdir()] == ["second"]
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_an_unwritable_folder_is_an_error_that_names_the_way_out(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ArtifactsError, match="ARTIFACTS_DIR"):
        open_artifacts_folder(tmp_path / "file")


def test_a_missing_file_names_the_command_that_writes_it(tmp_path):
    with pytest.raises(ArtifactsError, match="Run this first: make it"):
        read_json(tmp_path / "none.json", produced_by="make it")
