"""A promotion that is killed anywhere: after the next call aliases and log agree."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, make_table, run
from promotion_inputs import fitted, hand_over, write_final_model

from model_development.promotion.promote import open_production, promote, rollback
from model_development.promotion.register import register_final_model
from model_development.settings.context import read_context
from model_development.storage.files import open_artifacts_folder

pytestmark = pytest.mark.whole

PROGRAM = Path(__file__).with_name("killed_promotions.py")


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    """Two versions; the first is champion, the second previous, so that a rollback can be done for ever."""
    path = write_final_model(tmp_path_factory.mktemp("killed"))
    context = read_context(path)
    register_final_model(context, open_artifacts_folder(context.artifacts_root))
    hand_over(path, fitted(table=make_table(n_rows=300, seed=5)))
    register_final_model(context, open_artifacts_folder(context.artifacts_root))
    with open_production(context) as production:
        promote(production, "1", force=True, reason="first")
        promote(production, "2", force=True, reason="second")
        rollback(production)
    return path


def killed(context, action, steps):
    done = run(sys.executable, PROGRAM, context, action, *steps, PYTHONPATH=ROOT / "src")
    assert done.returncode == 0, done.stderr[-3000:]
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    return [json.loads(line.removeprefix("RESULT ")) for line in lines]


def test_aliases_and_log_agree_after_a_kill(context):
    """Rollback, which swaps champion and previous, is killed at three lines of the whole way."""
    (whole,) = killed(context, "rollback", ["count"])
    assert whole["told"]["code"] == 0
    n_lines = whole["told"]["lines"]
    found = killed(context, "rollback", np.linspace(0.2 * n_lines, 0.95 * n_lines, 3).astype(int))
    _require_agreement(found)


@pytest.mark.slow
def test_aliases_and_log_agree_after_twenty_kills_at_random(context):
    (whole,) = killed(context, "rollback", ["count"])
    steps = np.random.default_rng(0).integers(1, whole["told"]["lines"], 20)
    found = killed(context, "rollback", steps)
    _require_agreement(found)
    repaired = [line for line in found if "completed" in " ".join(line["after"]["said"]) or line["killed"]]
    assert len(repaired) == 20


def _require_agreement(found):
    for line in found:
        after = line["after"]
        assert line["killed"], line
        assert after["aliases"] == after["log"], line
        assert sorted(after["aliases"]) == ["1", "2"], line
        assert after["done"], line
        assert "found" not in after["actions"], line  # nothing was taken for somebody else's doing
