"""What a run writes never lands in files that git tracks."""

import subprocess

import pytest
from conftest import ROOT, write_project

from model_development import model_utils as mu
from model_development.errors import ArtifactsError


def git(folder, *arguments):
    identity = ["-c", "user.name=x", "-c", "user.email=x@y"]
    subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True)


def commit(folder, *names):
    git(folder, "init", "-q")
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("kept", encoding="utf-8")
    git(folder, "add", "--force", *names)
    git(folder, "commit", "-q", "-m", "x")


@pytest.mark.whole
@pytest.mark.parametrize(
    "name",
    [
        "artifacts/epoch005-model-development/best_model_info.json",
        "artifacts/mlflow.db",
        "artifacts/mlartifacts/a b",
    ],
)
@pytest.mark.parametrize("is_there", [True, False])
def test_a_run_that_would_write_where_git_tracks_files_is_refused(name, is_there, tmp_path):
    commit(tmp_path, name)
    if not is_there:
        (tmp_path / name).unlink()
    with pytest.raises(ArtifactsError, match="git tracks files there: ") as caught:
        mu.check_data(write_project(tmp_path))
    assert name in str(caught.value)
    assert (tmp_path / name).exists() == is_there
    assert not is_there or (tmp_path / name).read_text(encoding="utf-8") == "kept"


@pytest.mark.whole
def test_the_folder_of_this_epoch_is_no_artifacts_folder(tmp_path, monkeypatch):
    commit(tmp_path, "epoch005-model-development/notebooks/model_training.ipynb")
    monkeypatch.setenv("ARTIFACTS_DIR", str(tmp_path))
    with pytest.raises(ArtifactsError, match="Set ARTIFACTS_DIR to another folder"):
        mu.check_data(write_project(tmp_path / "elsewhere"))


@pytest.mark.whole
def test_files_that_are_tracked_beside_are_no_reason_to_refuse(tmp_path):
    commit(tmp_path, "artifacts/README.md", "pipeline_context.json", "table.csv")
    mu.check_data(write_project(tmp_path, settings={"profile": False}))


@pytest.mark.whole
def test_without_git_nothing_is_tracked(tmp_path, monkeypatch):
    commit(tmp_path, "artifacts/mlflow.db.txt", "artifacts/epoch005-model-development.txt")
    monkeypatch.setenv("PATH", str(tmp_path))
    mu.check_data(write_project(tmp_path, settings={"profile": False}))


@pytest.mark.parametrize(
    "place", ["artifacts/mlflow.db", "examples/wine/artifacts/x/y.json", "a/b/artifacts/z"]
)
def test_artifacts_are_ignored_wherever_a_context_lies(place, tmp_path):
    git(tmp_path, "init", "-q")
    (tmp_path / ".gitignore").write_bytes((ROOT / ".gitignore").read_bytes())
    git(tmp_path, "check-ignore", place)
