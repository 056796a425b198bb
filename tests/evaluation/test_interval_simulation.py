"""The benchmark of intervals, small: coverage overall and in the worst tenth, and of metrics."""

import sys

import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))
import intervals  # noqa: E402


@pytest.mark.whole
@pytest.mark.parametrize("shape", intervals.SHAPES, ids=lambda shape: shape.__name__)
@pytest.mark.parametrize("n_rows", [300, 2000])
def test_prediction_intervals_cover_what_they_promise(shape, n_rows):
    overall, worst, _ = intervals.prediction_coverage(shape, n_rows, 12, seed=7)
    assert 0.88 <= overall.mean() <= 0.93
    assert worst.mean() >= 0.78


@pytest.mark.whole
@pytest.mark.parametrize("kind", intervals.METRICS_TRIED)
def test_bootstrap_intervals_of_metrics_hold_what_very_many_rows_have(kind):
    held = intervals.metric_coverage(kind, 200, 40, seed=7)
    assert sum(held.values()) / len(held) >= 0.88
    assert min(held.values()) >= 0.8
