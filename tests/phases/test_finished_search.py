"""A search that is asked for again: what was found is shown, what is missing is done, nothing is doubled."""

import json
import shutil
from functools import partial
from unittest import mock

import pytest
from conftest import n_workers, write_project

from model_development import model_utils as mu
from model_development.execution.local import LocalEngine
from model_development.phases.record import Record
from model_development.phases.tuning import phase as tuning
from model_development.phases.tuning.searching import Search
from model_development.settings.context import read_context
from model_development.tracking.logged_models import LoggedModels
from model_development.tracking.store import TrackingStore

pytestmark = pytest.mark.whole

LINEAR, TREES = "sklearn_logistic_regression", "lightgbm_baseline"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Phase 1 with two models; each test makes a search of its own."""
    context = write_project(tmp_path_factory.mktemp("prepared"))
    phase = mu.start_training(context_path=context, models=[LINEAR, TREES])
    mu.train_all(phase)
    mu.finish_training(phase)
    return context


def folder_of(context):
    return context.parent / "artifacts" / "epoch005-model-development"


def outputs_of(context):
    return json.loads(context.read_text(encoding="utf-8"))["epoch_005_outputs"]


def files_of(context):
    """Every file of phase 2, and the model."""
    folder = folder_of(context)
    names = [path for path in folder.iterdir() if "tun" in path.name or path.name == "top_10_models.png"]
    paths = [path for one in names for path in (one.rglob("*") if one.is_dir() else [one]) if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def runs_of(context, key):
    """Parents of one search, and the names of the runs below each."""
    store = TrackingStore(read_context(context))
    found = store.client.search_runs([store.experiment_id], "tags.phase = '2'", max_results=1000)
    parents = [run for run in found if run.data.tags.get("search_key") == key]
    return parents, {run.info.run_id: list(store.children(run.info.run_id)) for run in parents}


def key_of(context, run_id):
    return TrackingStore(read_context(context)).client.get_run(run_id).data.tags["search_key"]


def no_work():
    return mock.patch.object(LocalEngine, "run", side_effect=AssertionError("something is fitted"))


def test_a_finished_search_is_shown_and_neither_fitted_nor_recorded_again(prepared, capsys):
    tune = partial(mu.tune_best_model, prepared, model=LINEAR, strategy="random", n_trials=4)
    first = tune()
    files, key = files_of(prepared), key_of(prepared, first["tuning_parent_run_id"])
    before = runs_of(prepared, key)[1]
    capsys.readouterr()
    with no_work():
        assert tune() == first
    said = capsys.readouterr().out
    assert "was finished on" in said
    assert "--no-resume" in said
    assert "Verdict" in said
    assert (files_of(prepared), runs_of(prepared, key)[1]) == (files, before)
    assert n_workers() == 0
    again = tune(resume=False)
    assert again["tuning_parent_run_id"] != first["tuning_parent_run_id"]
    with no_work():
        assert tune() == again


def test_files_and_context_say_what_the_search_found_that_was_asked_for_last(prepared):
    """Another search has written its own meanwhile, with a chart that this one does not have."""
    tune = partial(mu.tune_best_model, prepared, strategy="random", n_trials=3)
    first, files = tune(model=LINEAR), files_of(prepared)
    store = TrackingStore(read_context(prepared))
    other = tune(model=TREES, second="size")
    assert (folder_of(prepared) / "tuning_trade_off.png").exists()
    assert outputs_of(prepared)["best_model_name"] == TREES
    with no_work():
        assert tune(model=LINEAR) == first
    assert files_of(prepared) == files
    assert outputs_of(prepared) == {name: value for name, value in first.items() if name != "verdict"}
    assert mu.load_model(first["model_path"]).model_name == LINEAR
    name = first["registered_model"]
    pointed_at = store.client.get_model_version_by_alias(name, "challenger").version
    assert str(pointed_at) == first["registered_model_version"] != other["registered_model_version"]
    store.client.delete_model_version(name, first["registered_model_version"])
    with no_work():
        anew = tune(model=LINEAR)["registered_model_version"]
    assert str(store.client.get_model_version_by_alias(name, "challenger").version) == anew


def test_what_has_been_damaged_or_deleted_stands_again(prepared):
    tune = partial(mu.tune_best_model, prepared, model=LINEAR, strategy="random", n_trials=5)
    first, files, whole = tune(), files_of(prepared), prepared.read_bytes()
    (folder_of(prepared) / "tuned_model_info.json").write_text("{", encoding="utf-8")
    (folder_of(prepared) / "all_tuning_results.csv").unlink()
    shutil.rmtree(folder_of(prepared) / "tuned_model")
    content = json.loads(whole)
    del content["epoch_005_outputs"], content["epoch_005_complete"]
    prepared.write_text(json.dumps(content), encoding="utf-8")
    with no_work():
        assert tune() == first
    assert files_of(prepared) == files
    assert json.loads(prepared.read_bytes()) == json.loads(whole)


def test_where_mlflow_has_lost_the_model_it_is_fitted_anew_under_the_same_parent(prepared, capsys):
    tune = partial(mu.tune_best_model, prepared, model=LINEAR, strategy="random", n_trials=6)
    first = tune()
    key = key_of(prepared, first["tuning_parent_run_id"])
    before = runs_of(prepared, key)[1]
    shutil.rmtree(prepared.parent / "artifacts" / "mlartifacts")
    second = tune()
    assert "is handed over anew" in capsys.readouterr().out
    assert second["tuning_parent_run_id"] == first["tuning_parent_run_id"]
    assert runs_of(prepared, key)[1] == before
    assert mu.load_model(second["model_uri"]).params == second["best_model_params"]
    with no_work():
        assert tune() == second


class Cut(KeyboardInterrupt):
    """Stands for a kill at a certain line."""


STEPS = {
    "files": (tuning, "report_search"),
    "model": (Record, "model"),
    "version": (LoggedModels, "register"),
    "other models": (LoggedModels, "keep_one"),
    "outputs": (tuning, "keep_outputs"),
    "parent": (tuning, "log_parent"),
    "model folder": (tuning, "replace_folder"),
    "context": (tuning, "update_context"),
}


@pytest.mark.usefixtures("without_charts")
@pytest.mark.parametrize("after", [False, pytest.param(True, marks=pytest.mark.slow)])
@pytest.mark.parametrize("step", STEPS)
def test_a_hand_over_that_is_cut_off_anywhere_is_completed_and_doubles_nothing(step, after, prepared):
    where, name = STEPS[step]
    n_trials = 7 + 2 * list(STEPS).index(step) + after  # each a search of its own
    done = getattr(where, name)

    def cut(*arguments, **options):
        if after:
            done(*arguments, **options)
        raise Cut

    tune = partial(mu.tune_best_model, prepared, model=LINEAR, strategy="random", n_trials=n_trials)
    with mock.patch.object(where, name, cut), pytest.raises(Cut):
        tune()
    outputs = tune()
    assert outputs_of(prepared) == {name: value for name, value in outputs.items() if name != "verdict"}
    assert mu.load_model(outputs["model_path"]).params == outputs["best_model_params"]
    info = json.loads((folder_of(prepared) / "tuned_model_info.json").read_text(encoding="utf-8"))
    assert info["tuning_parent_run_id"] == outputs["tuning_parent_run_id"]
    (parent,), children = runs_of(prepared, key_of(prepared, outputs["tuning_parent_run_id"]))
    assert parent.info.status == "FINISHED"
    assert len(children[parent.info.run_id]) == n_trials
    store, mine = TrackingStore(read_context(prepared)), f"run_id = '{parent.info.run_id}'"
    (version,) = store.client.search_model_versions(mine)
    assert str(version.version) == outputs["registered_model_version"]
    with no_work():
        assert tune() == outputs


def test_a_search_that_time_has_ended_goes_on_and_takes_its_combinations_over(prepared, capsys):
    tune = partial(
        mu.tune_best_model, prepared, model=LINEAR, strategy="random", n_trials=30, timeout_s=1000.0
    )
    answers = Search._answers
    some = mock.patch.object(Search, "_answers", lambda search, wanted, end: answers(search, wanted[:4], end))
    with some:
        first = tune()
    key = key_of(prepared, first["tuning_parent_run_id"])
    second = tune()
    assert "goes on with a search that had more to try" in capsys.readouterr().out
    ids = [outputs["tuning_parent_run_id"] for outputs in (first, second)]
    parents, children = runs_of(prepared, key)
    assert {run.info.run_id: run.info.status for run in parents} == dict.fromkeys(ids, "FINISHED")
    assert (len(children[ids[0]]), len(children[ids[1]])) == (0, 30)
    tags = {run.info.run_id: run.data.tags for run in parents}
    assert (tags[ids[0]]["continued_in"], tags[ids[1]]["continues"]) == (ids[1], ids[0])
    rows = json.loads((folder_of(prepared) / "all_tuning_results.json").read_text(encoding="utf-8"))[
        "results"
    ]
    store = TrackingStore(read_context(prepared))
    assert {row["run_id"] for row in rows} == {run_id for run_id, *_ in store.children(ids[1]).values()}
    summary = json.loads((folder_of(prepared) / "tuning_summary_report.json").read_text(encoding="utf-8"))
    assert summary["n_trials_from_earlier"] >= 4
    assert summary["stopped_by_timeout"] is False
    with no_work():
        assert tune() == second
    assert mu.load_model(first["model_uri"])  # what was handed over once stays


def test_another_metric_is_another_search(tmp_path):
    context = write_project(tmp_path)
    parents = []
    for metric in ("roc_auc", "log_loss"):
        phase = mu.start_training(context_path=context, models=[LINEAR], primary_metric=metric)
        mu.train_all(phase)
        mu.finish_training(phase)
        outputs = mu.tune_best_model(context, strategy="random", n_trials=2)
        assert outputs["primary_metric"] == metric
        parents.append(outputs["tuning_parent_run_id"])
    assert parents[0] != parents[1]
