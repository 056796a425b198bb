"""Answers are kept: whole files by hour, whatever happens in between."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from model_development.errors import DataError
from model_development.monitoring import log_files
from model_development.monitoring.labels import join_labels
from model_development.monitoring.log_files import LogWriter, live_files, log_row, read_log
from model_development.monitoring.prediction_log import PredictionLog
from model_development.row_plan.answer import Answer

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
YES = Answer("yes", {"yes": 0.8, "no": 0.2}, decision="no", warnings=("new town",))


def test_answers_come_back_by_hour_with_inputs_only_where_asked(tmp_path):
    row = {"time": "of day", "größe": 1.5, "n": None, "since": pd.Timestamp("2020-01-01")}
    with PredictionLog(tmp_path / "with", True, model_version="7", flush_seconds=0.05) as log:
        for k in range(50):
            log.record(f"id{k}", row, YES, NOON + timedelta(minutes=2 * k))
            time.sleep(0.003)  # several parts an hour
    with PredictionLog(tmp_path / "without") as quiet:
        quiet.record("a", row, Answer(12, interval=(10.0, 14.5)), NOON.timestamp())
    table = read_log(tmp_path / "with")
    assert list(table["request_id"]) == [f"id{k}" for k in range(50)]
    assert set(table["p_yes"]) == {0.8}
    assert {tuple(said) for said in table["warnings"]} == {("new town",)}
    assert {*table["model_version"], *table["decision"]} == {"7", "no"}
    assert '"größe": 1.5' in table["inputs"][0]
    assert sorted(path.name[:2] for path in live_files(tmp_path / "with")) == ["12", "13"]  # merged
    assert len(list((tmp_path / "with").glob("*/*"))) == 2
    (number,) = read_log(tmp_path / "without").to_dict("records")
    assert (number["prediction"], number["low"], number["high"]) == (12.0, 10.0, 14.5)
    assert pd.isna(number["inputs"])
    assert (log.n_recorded, log.n_dropped) == (50, 0)


def test_a_full_queue_drops_and_counts_and_never_waits(tmp_path):
    log = PredictionLog(tmp_path, most_waiting=10, flush_seconds=0.2)
    log._start = lambda: None  # no thread yet: nothing is taken out
    for k in range(25):
        log.record(str(k), {}, YES, NOON)
    assert log.n_dropped == 15
    del log._start
    log._start()
    log.close()
    assert len(read_log(tmp_path)) == log.n_recorded == 10
    log.record("late", {}, YES, NOON)
    assert log.n_dropped == 16


def test_a_folder_that_cannot_be_written_stops_nobody(tmp_path):
    (tmp_path / "file").write_text("")
    with PredictionLog(tmp_path / "file", flush_seconds=0.05) as log:
        log.record("a", {}, YES, NOON)
        log.record("b", {}, Answer("x", {"x": 1.0}), float("nan"))  # no time
    assert (log.n_recorded, log.n_dropped) == (0, 2)


def test_merging_cut_off_at_any_point_neither_loses_nor_doubles(tmp_path, monkeypatch):
    writer = LogWriter(tmp_path)
    for k in range(4):
        writer.write([log_row(f"id{k}", None, YES, NOON)])
    monkeypatch.setattr("pathlib.Path.unlink", lambda *_, **__: None)  # killed before the parts were removed
    writer.merge()
    assert len(list(tmp_path.glob("*/*"))) == 5
    assert sorted(read_log(tmp_path)["request_id"]) == ["id0", "id1", "id2", "id3"]
    writer.write([log_row("id4", None, YES, NOON)])  # late, for an hour that is merged
    writer.merge()
    assert len(read_log(tmp_path)) == 5
    assert len(live_files(tmp_path)) == 1


@pytest.mark.whole
def test_a_killed_process_leaves_whole_files_and_loses_the_last_moment_alone(tmp_path):
    code = (
        "import sys, itertools, time\n"
        "from model_development.monitoring.prediction_log import PredictionLog\n"
        "from model_development.row_plan.answer import Answer\n"
        "log = PredictionLog(sys.argv[1], flush_seconds=0.1)\n"
        "for k in itertools.count():\n"
        "    log.record(str(k), {}, Answer(float(k)))\n"
        "    print(k, flush=True)\n"
        "    time.sleep(0.002)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        if int(line) >= 200 and len(live_files(tmp_path)) >= 3:
            break
    os.kill(process.pid, signal.SIGKILL)
    n_said = int(line) + len(process.stdout.read().splitlines())
    process.wait()
    table = read_log(tmp_path)
    assert list(table["prediction"]) == [float(k) for k in range(len(table))]  # no gap, nothing twice
    assert n_said - len(table) < 1000
    assert len(table) > 20


def test_labels_join_in_any_order_and_say_what_became_of_them():
    predictions = pd.DataFrame({"request_id": ["1", "2", "3", "4", "4"]})
    labels = pd.DataFrame({"id": [3.0, 9, 1, 3, None, 2, 4], "target": ["a", "b", "c", "d", "e", None, "f"]})
    joined = join_labels(predictions, labels, "target")
    assert joined.truth.tolist() == ["c", None, "d", None, None]
    assert (joined.n_joined, joined.n_repeated, joined.n_changed) == (2, 1, 1)
    assert (joined.n_unknown, joined.n_missing, joined.n_shared) == (1, 2, 2)
    timed = labels.assign(time=["2026-03-02", *["2026-03-01"] * 6])
    assert join_labels(predictions, timed, "target").truth[2] == "a"  # the latest counts, not the last row
    assert any("say which" in text for text in joined.sentences())


def test_labels_without_their_columns_are_refused_in_words():
    predictions = pd.DataFrame({"request_id": ["1"]})
    with pytest.raises(DataError, match="no column of ids.*Did you mean 'requestid'"):
        join_labels(predictions, pd.DataFrame({"requestid": [1], "y": [1]}), "y")
    with pytest.raises(DataError, match="no column of labels"):
        join_labels(predictions, pd.DataFrame({"id": [1], "other": [1]}), "y")


def test_a_file_that_is_merged_while_the_log_is_read_is_found_again(tmp_path, monkeypatch):
    writer = LogWriter(tmp_path)
    for k in range(3):
        writer.write([log_row(f"id{k}", {}, YES, NOON)])
    stale = [live_files(tmp_path)]
    writer.merge()
    monkeypatch.setattr(log_files, "live_files", lambda folder: stale.pop() if stale else live_files(folder))
    assert list(read_log(tmp_path)["request_id"]) == ["id0", "id1", "id2"]
    (path,) = live_files(tmp_path)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(DataError, match=f"{path.name} is damaged"):
        read_log(tmp_path)
