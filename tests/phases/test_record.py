"""Models that are being trained lie apart from those that stand, and apart from those of other processes."""

import os
import time

import pytest
from conftest import write_project

from model_development.phases.record import LEFT_AFTER, Record
from model_development.settings.context import read_context


@pytest.mark.whole
def test_two_processes_at_once_do_not_take_each_other_s_models(tmp_path):
    context = read_context(write_project(tmp_path))
    mine, theirs = Record(context), Record(context)
    for record, text in ((mine, "mine"), (theirs, "theirs")):
        record.new_model_folder("x").mkdir()
        (record.new_model_folder("x") / "model.json").write_text(text, encoding="utf-8")
        record.new_oof_path("x").write_text(text, encoding="utf-8")
    for record, text in ((mine, "mine"), (theirs, "theirs")):
        record.publish("x")
        assert (record.model_folder("x") / "model.json").read_text(encoding="utf-8") == text
        assert record.oof_path("x").read_text(encoding="utf-8") == text


@pytest.mark.whole
def test_what_a_killed_process_left_goes_after_a_day(tmp_path):
    context = read_context(write_project(tmp_path))
    checkpoints = Record(context).path("checkpoints")
    old, young = checkpoints / "new_old", checkpoints / "new_young"
    for folder in (old, young):
        (folder / "x").mkdir(parents=True)
    long_ago = time.time() - LEFT_AFTER - 60
    os.utime(old, (long_ago, long_ago))
    Record(context).new_model_folder("x")
    assert not old.exists()
    assert young.exists()
