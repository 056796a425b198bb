import json
import threading

import pytest
from conftest import write_project

from model_development.errors import ContextError, SettingsError
from model_development.settings.context import read_context
from model_development.storage.context_file import update_context


def test_defaults_hold_where_nothing_is_set(tmp_path):
    context = read_context(write_project(tmp_path, epoch_005_settings={}))
    assert (context.settings.seed, context.settings.cv_folds, context.settings.split) == (42, 5, "stratified")
    assert context.artifacts_root == tmp_path / "artifacts"
    assert context.feature_data == str(tmp_path / "table.csv")


def test_parameters_take_precedence_over_the_file(tmp_path):
    path = write_project(tmp_path, settings={"seed": 7})
    assert read_context(path).settings.seed == 7
    assert read_context(path, seed=8, primary_metric=None).settings.seed == 8


def test_artifacts_dir_takes_precedence(tmp_path, monkeypatch):
    monkeypatch.setenv("ARTIFACTS_DIR", str(tmp_path / "elsewhere"))
    assert read_context(write_project(tmp_path)).artifacts_root == tmp_path / "elsewhere"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "There is no context file"),
        ("{not json", "is not valid JSON"),
        ("[1]", "must hold a JSON object"),
        ("{}", "has no object `epoch_004_outputs`"),
        ('{"epoch_004_outputs": {"x": 1}}', "no `epoch_004_outputs.feature_data_path`|`project` must be"),
        ('{"project": "p", "epoch_004_outputs": {"feature_data_path": 5}}', "must be a text, not 5"),
        ("[" * 100_000, "is not valid JSON"),
        ('{"project": "a/b", "epoch_004_outputs": {}}', "`project` must be a name"),
    ],
)
def test_a_context_that_cannot_be_used_says_what_is_wrong(text, message, tmp_path):
    path = tmp_path / "pipeline_context.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(ContextError, match=message):
        read_context(path)


def test_all_wrong_settings_are_named_at_once_with_the_nearest_name(tmp_path):
    path = write_project(tmp_path, settings={"primary_metrc": "f1_score", "cv_folds": "5", "split": "group"})
    with pytest.raises(SettingsError) as caught:
        read_context(path)
    text = str(caught.value)
    assert "`primary_metrc` is unknown. Did you mean 'primary_metric'?" in text
    assert "`cv_folds`" in text


def test_a_split_without_its_column_is_an_error(tmp_path):
    with pytest.raises(SettingsError, match="split 'time' needs `time_column`"):
        read_context(write_project(tmp_path, settings={"split": "time"}))


def test_foreign_keys_keep_value_and_order(tmp_path):
    path = tmp_path / "pipeline_context.json"
    before = {"z": {"ü": [1e-320, 12345678901234567890]}, "a": None, "epoch_005_complete": False}
    path.write_text(json.dumps(before), encoding="utf-8")
    update_context(path, {"epoch_005_complete": True})
    after = json.loads(path.read_text(encoding="utf-8"))
    assert after == before | {"epoch_005_complete": True}
    assert list(after) == list(before)


@pytest.mark.whole
def test_two_writers_do_not_lose_each_others_keys(tmp_path):
    path = tmp_path / "pipeline_context.json"
    path.write_text("{}", encoding="utf-8")
    writers = [threading.Thread(target=update_context, args=(path, {f"k{i}": i})) for i in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert json.loads(path.read_text(encoding="utf-8")) == {f"k{i}": i for i in range(8)}


@pytest.mark.parametrize("path", ["~no_such_user/x.json", "nul\0", 5])
def test_a_path_that_is_none_gets_a_sentence(path):
    with pytest.raises(ContextError, match="is not a path|There is no context file"):
        read_context(path)


@pytest.mark.parametrize("value", [[], 0, ""])
def test_settings_that_are_no_object_are_an_error(value, tmp_path):
    with pytest.raises(SettingsError, match="must be an object"):
        read_context(write_project(tmp_path, epoch_005_settings=value))


def test_a_lone_surrogate_in_a_foreign_key_survives(tmp_path):
    path = tmp_path / "pipeline_context.json"
    path.write_text('{"theirs": "\\ud800"}', encoding="utf-8")
    update_context(path, {"epoch_005_complete": True})
    assert json.loads(path.read_text(encoding="utf-8"))["theirs"] == "\ud800"
