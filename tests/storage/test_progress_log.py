"""progress.jsonl: safe to append, kept small, read whatever was cut off."""

import json

from model_development.reports.progress import Progress
from model_development.storage import progress_log
from model_development.storage.progress_log import ProgressLog, read_progress


def test_lines_say_what_progress_says(tmp_path, capsys):
    log = ProgressLog(tmp_path / "progress.jsonl")
    shown = Progress(2, log=log.of("training", lambda: 12.34))
    shown.step("xgboost", "fold 1 of 3")
    shown.step("xgboost", "fold 2 of 3")  # too soon after the one before
    shown.finished("xgboost", "done", score=0.5, best=float("nan"))
    capsys.readouterr()
    step, done = read_progress(tmp_path)
    assert (step["event"], step["at"]) == ("step", "fold 1 of 3")
    assert (done["done"], done["total"], done["score"], done["seconds_left"]) == (1, 2, 0.5, 12.3)
    assert done["best"] is None


def test_a_line_that_was_cut_off_is_no_line_and_the_file_stays_small(tmp_path, monkeypatch):
    path = tmp_path / "progress.jsonl"
    log = ProgressLog(path)
    log.add("training", "began")
    with open(path, "ab") as file:
        file.write(b'{"stage": "trai\n')
    assert [line["event"] for line in read_progress(tmp_path)] == ["began"]
    monkeypatch.setattr(progress_log, "MOST_BYTES", 2000)
    for number in range(100):
        log.add("tuning", "finished", trial=number)
    assert path.stat().st_size <= 2200
    assert read_progress(tmp_path)[-1]["trial"] == 99


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path):
    ProgressLog(tmp_path / "absent" / "progress.jsonl").add("training", "began")
    assert read_progress(tmp_path) == []
    (tmp_path / "progress.jsonl").write_text(json.dumps([1]) + "\n", encoding="utf-8")
    assert read_progress(tmp_path) == []
