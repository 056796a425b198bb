"""The command, on a package that was really written: files, exit codes, late labels, a lasting fall."""

import json
import shlex
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest
from conftest import make_table, write_project
from monitoring_helpers import POLICY, later_rows, spoiled, write_log, write_package
from prometheus_client.parser import text_string_to_metric_families

from model_development.cli.command import CommandResult
from model_development.cli.main import main
from model_development.data.intake import take_in
from model_development.errors import DataError, SettingsError
from model_development.monitoring.log_files import read_log
from model_development.monitoring.service_figures import ServiceFigures, read_service_figures
from model_development.phases.monitoring.package import read_monitored_package
from model_development.phases.monitoring.phase import MonitorRequest, monitor
from model_development.phases.monitoring.reading import read_rows
from model_development.phases.monitoring.retraining import (
    _require_split_columns,
    retrain,
    write_retraining_context,
)
from model_development.phases.monitoring.window import all_labelled
from model_development.settings.context import read_context
from model_development.storage import files
from model_development.tracking.store import TrackingStore


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return write_package(tmp_path_factory.mktemp("package"), "binary", policy=POLICY)


@pytest.fixture(scope="module")
def log(tmp_path_factory, package):
    return write_log(tmp_path_factory.mktemp("log") / "predictions", package, later_rows())


def run(package, data, output, *others):
    asked = ["monitor", "--package", package, "--data", data, "--output", output, *others]
    return main([str(word) for word in asked])


def report(output):
    return json.loads((output / files.MONITORING_REPORT_JSON).read_text(encoding="utf-8"))


def saved(table, path):
    table.to_csv(path, index=False)
    return path


@pytest.mark.whole
def test_a_log_with_labels_is_quiet_and_every_file_is_there(tmp_path, package, log, capsys):
    labels = later_rows()[["request_id", "outcome"]].sample(frac=0.7, random_state=0)
    labels = pd.concat(
        [labels, pd.DataFrame({"request_id": ["unknown"], "outcome": ["bad"]}), labels.head(3)]
    )
    code = run(package, log, tmp_path, "--labels", saved(labels, tmp_path / "labels.csv"), "--window", "24")
    said = capsys.readouterr().out
    assert code == 0, said
    content = report(tmp_path)
    assert content["window"]["n"] == 480
    assert content["monitors"]["performance"]["state"] == "no alarm"
    text = " ".join(content["monitors"]["performance"]["sentences"])
    assert "1 are of ids that no prediction" in text
    assert "3 of them came for an id that had one" in text
    page = (tmp_path / files.MONITORING_REPORT).read_text(encoding="utf-8")
    assert "http" not in page.replace("http-equiv", "")  # nothing is fetched from anywhere
    families = text_string_to_metric_families((tmp_path / files.MONITORING_METRICS).read_text())
    values = {family.name: family.samples for family in families}
    assert values["model_monitoring_window_rows"][0].value == 480
    assert {sample.value for sample in values["model_monitoring_alarm"]} == {0.0}


@pytest.mark.whole
def test_a_table_with_its_target_and_without_a_log_is_monitored_too(tmp_path, package, capsys):
    bad = spoiled(later_rows()).assign(**{"home town": "Olten"}).drop(columns="owner")
    assert run(package, saved(bad, tmp_path / "rows.csv"), tmp_path) == 1
    content = report(tmp_path)
    assert {name for name, part in content["monitors"].items() if part["alarms"]} >= {
        "performance",
        "data_quality",
        "data_drift",
    }
    assert "no column 'owner'" in " ".join(content["monitors"]["data_quality"]["alarms"])
    assert "ALARM: " in capsys.readouterr().out
    assert content["retraining"] is None  # one window is no lasting fall


@pytest.mark.whole
def test_a_fall_that_lasts_over_windows_of_other_rows_is_proposed_for_retraining(tmp_path, package):
    bad = spoiled(later_rows(n_rows=900))
    rows, context = tmp_path / "rows.csv", write_project(tmp_path / "project")
    asked = MonitorRequest(str(package), str(rows), window=10, output=str(tmp_path), context=str(context))
    for n_rows in (300, 300, 600):  # the same labelled rows twice are no second proof
        saved(bad.head(n_rows), rows)
        assert monitor(asked).falling == []
    saved(bad, rows)
    found = monitor(asked)
    assert len(found.falling) == 3
    proposed = report(tmp_path)["retraining"]
    words = shlex.split(proposed["command"])
    assert (words[0], words[-1]) == ("model-development", "--retrain")
    assert main(words[1:-1]) == 1  # as it is said, it finds the fall again
    assert report(tmp_path)["retraining"]["command"] == proposed["command"]
    assert proposed["data"]["n_labelled"] == 900
    assert len((tmp_path / files.MONITORING_HISTORY).read_text().splitlines()) == 5
    _is_in_mlflow(found)
    path = write_retraining_context(found)
    content = json.loads(path.read_text(encoding="utf-8"))
    table = pd.read_csv(path.parent / content["epoch_004_outputs"]["feature_data_path"])
    assert list(table) == list(make_table())
    assert len(table) == len(make_table()) + 900
    assert table["outcome"].tail(900).tolist() == bad["outcome"].tolist()
    assert "epoch_005_outputs" not in content


def _is_in_mlflow(found):
    store = TrackingStore(found.context)
    runs = store.client.search_runs([store.experiment_id], "attributes.run_name = 'model_monitoring'")
    assert len(runs) == 5
    latest = max(runs, key=lambda run: run.info.start_time)
    assert latest.data.metrics["alarms_performance"] == 1
    assert latest.data.tags["retraining_proposed"] == "True"


@pytest.mark.slow
def test_retraining_runs_the_phases_and_registers_a_challenger(tmp_path, package):
    bad, rows = spoiled(later_rows(n_rows=900)), tmp_path / "rows.csv"
    settings = {"cv_folds": 3, "time_budget_s": 40, "profile": False, "ensemble": "never"}
    context = write_project(tmp_path / "project", settings=settings)
    asked = MonitorRequest(str(package), str(rows), window=10, output=str(tmp_path), context=str(context))
    for n_rows in (300, 600, 900):
        saved(bad.head(n_rows), rows)
        found = monitor(asked)
    outputs = retrain(found)
    assert outputs["registered_model"] == "tiny_binary_model"
    assert (context.parent / files.RETRAINING_CONTEXT).is_file()


@pytest.mark.whole
def test_rows_of_a_log_have_their_times_where_the_project_splits_by_them(tmp_path, package, log):
    table = make_table().assign(when="2026-02-01")
    settings = {"split": "time", "time_column": "when"}
    context = write_project(tmp_path / "project", table=table, settings=settings)
    labels = saved(later_rows()[["request_id", "outcome"]], tmp_path / "labels.csv")
    asked = MonitorRequest(str(package), str(log), str(labels), output=str(tmp_path), context=str(context))
    path = write_retraining_context(monitor(asked))
    known = pd.read_csv(path.parent / files.RETRAINING_TABLE)["when"]
    assert known.iloc[0] == "2026-02-01"
    assert known.iloc[len(table)] == "2026-03-01T00:00:00"
    assert known.notna().all()


@pytest.mark.whole
def test_a_loop_retrains_once(tmp_path, monkeypatch, package, log):
    asked = []

    def look(request, retrains):
        asked.append(retrains)
        if len(asked) == 5:
            raise KeyboardInterrupt
        return CommandResult(1, {"challenger": {}} if retrains and len(asked) == 2 else {})

    monkeypatch.setattr("model_development.cli.monitor._look", look)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    words = ["monitor", "--package", str(package), "--data", str(log), "--loop", "1", "--retrain"]
    assert main([*words, "--context", str(write_project(tmp_path))]) == 130
    assert asked == [True, True, False, False, False]


@pytest.mark.whole
def test_a_loop_waits_for_the_first_predictions_and_one_look_says_that_there_are_none(
    tmp_path, monkeypatch, package, capsys
):
    data, slept = tmp_path / "predictions", []

    def sleep(seconds):
        slept.append(seconds)
        if len(slept) == 2:
            raise KeyboardInterrupt
        write_log(data, package, later_rows(n_rows=60))

    monkeypatch.setattr("time.sleep", sleep)
    assert run(package, data, tmp_path / "out") == 2
    assert "no predictions yet" in capsys.readouterr().err
    assert run(package, data, tmp_path / "out", "--loop", "1") == 130
    assert report(tmp_path / "out")["window"]["n"] == 60


@pytest.mark.whole
def test_a_log_of_one_table_knows_its_version_though_it_reads_as_a_number(tmp_path, package, log):
    numbered = replace(read_monitored_package(str(package)), version="3")
    table = read_log(log).assign(model_version="3")
    found = read_rows(str(saved(table, tmp_path / "log.csv")), numbered)
    assert len(found.rows) == len(table)


@pytest.mark.whole
def test_decimal_commas_are_read_and_written_for_retraining_as_in_training(tmp_path):
    table, context = make_table("regression", 300), write_project(tmp_path, "regression")
    table["outcome"] = [f"1.{value:.0f}" for value in table["outcome"].clip(100, 999)]
    content = json.loads(context.read_text(encoding="utf-8"))
    place = context.parent / content["epoch_004_outputs"]["feature_data_path"]
    table.to_csv(place, index=False, sep=";", decimal=",")
    package = read_monitored_package(str(write_package(tmp_path / "p", "regression")))
    read = read_rows(str(place), package)
    labelled = all_labelled(read, None, package)
    assert labelled.truth.min() > 1000
    found = SimpleNamespace(context=read_context(context), package=package, labelled=labelled)
    again = take_in(read_context(write_retraining_context(found)), with_checks=False).data
    assert min(again.y_train.min(), again.y_validation.min()) > 1000
    amounts = pd.Series(again.X_train["amount [CHF]"]).dropna()
    assert amounts.mean() == pytest.approx(table["amount [CHF]"].mean(), rel=0.2)


@pytest.mark.whole
def test_labels_that_come_late_are_judged_in_the_window_that_they_reach_to(tmp_path, package, log):
    labels = saved(later_rows()[["request_id", "outcome"]].head(200), tmp_path / "labels.csv")
    found = monitor(MonitorRequest(str(package), str(log), str(labels), window=10, output=str(tmp_path)))
    assert len(found.given.labelled) == 200
    assert found.given.labelled.rows.times.max() < found.given.rows.times.min()


@pytest.mark.whole
def test_a_log_of_others_and_one_without_inputs_say_what_is_left_out(tmp_path, package):
    quiet = write_log(tmp_path / "quiet", package, later_rows(n_rows=100), record_inputs=False)
    found = monitor(MonitorRequest(str(package), str(quiet), output=str(tmp_path)))
    assert "data_drift" not in found.results
    assert found.results["prediction_drift"].suffices
    assert "not recorded" in " ".join(found.read.notes)


@pytest.mark.whole
def test_inputs_that_were_recorded_later_are_looked_at_in_windows_that_hold_no_other(tmp_path, package):
    """Recording was switched on after deployment: the first rows of the log have no inputs."""
    folder, rows = tmp_path / "log", later_rows(n_rows=200)
    write_log(folder, package, rows.head(100), record_inputs=False)
    write_log(folder, package, rows.tail(100))
    labels = str(saved(rows[["request_id", "outcome"]], tmp_path / "labels.csv"))
    late = monitor(MonitorRequest(str(package), str(folder), labels, window=4, output=str(tmp_path)))
    assert late.given.rows.X.notna().any(axis=1).all()
    assert "data_quality" in late.results
    every = monitor(MonitorRequest(str(package), str(folder), labels, output=str(tmp_path / "all")))
    assert len(every.given.rows) == len(every.given.labelled) == 200
    assert every.given.rows.X is None is every.given.labelled.rows.X
    assert "Of 100 rows only what was predicted is recorded" in " ".join(every.read.notes)
    context = read_context(write_project(tmp_path / "project"))
    retrained = pd.read_csv(
        write_retraining_context(replace(every, context=context)).parent / files.RETRAINING_TABLE
    )
    assert len(retrained) == len(make_table()) + 100  # a row without its inputs teaches nothing


def test_reports_of_packages_side_by_side_lie_apart(tmp_path):
    folders = [
        MonitorRequest(str(tmp_path / name), "").folder for name in ("churn", "fraud", "model_package")
    ]
    assert [folder.name for folder in folders] == ["churn_monitoring", "fraud_monitoring", "monitoring"]


@pytest.mark.whole
def test_years_are_no_times_of_a_window(tmp_path, package):
    rows = saved(later_rows(n_rows=60).assign(time=2026), tmp_path / "rows.csv")
    with pytest.raises(DataError, match="The rows have no times"):
        monitor(MonitorRequest(str(package), str(rows), window=24, output=str(tmp_path)))


@pytest.mark.whole
def test_a_target_that_is_called_as_a_column_of_the_log_is_not_taken_from_it(package, log):
    read = read_monitored_package(package)
    called = replace(read, task=replace(read.task, target="decision"))
    assert read_rows(str(log), called).truth is None


@pytest.mark.whole
def test_rows_without_a_single_column_are_rows(tmp_path, package):
    empty = later_rows(n_rows=60)[["request_id", "time", "outcome"]]
    log = write_log(tmp_path / "empty", package, empty)
    found = monitor(MonitorRequest(str(package), str(log), window=2, output=str(tmp_path)))
    assert found.given.rows.X.shape == (40, 0)
    assert found.failed == {}


def bad_requests(package, log, tmp_path):
    rows = saved(later_rows(n_rows=60), tmp_path / "rows.csv")
    no_time = saved(later_rows(n_rows=60).drop(columns="time"), tmp_path / "no_time.csv")
    others = saved(pd.DataFrame({"a": [1, 2]}), tmp_path / "others.csv")
    unknown = saved(later_rows(n_rows=60)[["request_id"]].assign(outcome="grün"), tmp_path / "unknown.csv")
    return {
        "no model package": (tmp_path, rows),
        "does not exist": (package, tmp_path / "nothing.csv"),
        "none of the columns": (package, others),
        "have no times": (package, no_time, "--window", "5"),
        "number of hours": (package, rows, "--window", "-1"),
        "labels that the model does not know: grün": (package, log, "--labels", unknown),
        "no column of ids": (package, log, "--labels", others),
        "needs --context": (package, rows, "--retrain"),
        "URL of this machine": (package, rows, "--metrics", "http://example.org/metrics"),
        "cannot be read": (package, rows, "--metrics", tmp_path / "nothing.txt"),
    }


@pytest.mark.whole
def test_bad_input_is_said_in_a_sentence_with_exit_code_2(tmp_path, package, log, capsys):
    for words, (folder, data, *others) in bad_requests(package, log, tmp_path).items():
        assert run(folder, data, tmp_path / "out", *others) == 2, words
        assert words in capsys.readouterr().err
    assert not (tmp_path / "out" / files.MONITORING_REPORT).exists()
    assert main(["monitor"]) == 2


METRICS = """
model_requests_total{route="/predict",method="POST",status="200"} 900
model_requests_total{route="/predict",method="POST",status="500"} 100
model_request_duration_seconds_bucket{route="/predict",le="0.1"} 500
model_request_duration_seconds_bucket{route="/predict",le="1.0"} 1000
model_request_duration_seconds_bucket{route="/predict",le="+Inf"} 1000
"""


@pytest.mark.whole
def test_a_slow_and_failing_service_is_an_alarm_and_only_what_is_new_counts(tmp_path, package):
    rows, text = saved(later_rows(n_rows=60), tmp_path / "rows.csv"), tmp_path / "metrics.txt"
    text.write_text(METRICS)
    asked = MonitorRequest(str(package), str(rows), metrics=str(text), output=str(tmp_path))
    assert len(monitor(asked).results["service"].alarms) == 2  # 10 % fail, 95 % within 0.91 s
    again = monitor(asked).results["service"]
    assert again.alarms == ()
    assert not again.suffices
    figures = read_service_figures(str(text))
    assert figures.seconds(0.5) == pytest.approx(0.1)
    assert figures.seconds(0.95) == pytest.approx(0.91)
    assert ServiceFigures.from_dict(json.loads(json.dumps(figures.to_dict()))) == figures
    text.write_text("hello")
    with pytest.raises(DataError, match="metrics"):
        read_service_figures(str(text))


def test_a_service_that_was_started_anew_is_counted_from_its_start():
    """Of two that answered as many requests, what failed tells that it is another one."""

    def figures(n_requests, n_failed, n_slow=0):
        return ServiceFigures(n_requests, n_failed, {0.1: n_requests - n_slow, float("inf"): n_requests})

    assert figures(1100, 100).since(figures(1000, 900)) == figures(1100, 100)
    assert figures(1100, 0, 1050).since(figures(1000, 0)) == figures(1100, 0, 1050)
    assert figures(1100, 910).since(figures(1000, 900)) == figures(100, 10)


@pytest.mark.parametrize("setting", ["group_column", "split_column"])
def test_retraining_needs_the_columns_that_the_project_splits_by(setting):
    """Without them all new rows were one group."""
    settings, new = SimpleNamespace(group_column=None, time_column=None, split_column=None), pd.DataFrame()
    _require_split_columns(settings, new)
    vars(settings)[setting] = "patient"
    with pytest.raises(SettingsError, match="--retrain needs 'patient', by which the project splits"):
        _require_split_columns(settings, new)
    _require_split_columns(settings, pd.DataFrame({"patient": [1]}))
