"""Charts of failures travel from workers, so they are pickled."""

import pickle

import pandas as pd
import pytest

from model_development.reports.failure_plots import robustness_chart


@pytest.mark.whole
def test_falls_that_are_far_apart_are_drawn_and_can_be_pickled():
    found = pd.DataFrame(
        {
            "column": ["a", "b", "c", "d"],
            "change": ["noise"] * 4,
            "fall": [1e5, 1.0, 0.5, 0.2],
            "fall_low": [9e4, 0.5, 0.1, 0.1],
            "fall_high": [2e5, 1.5, 0.9, 0.3],
        }
    )
    chart = robustness_chart(found, "RMSE")
    assert chart.figure.axes[0].get_xscale() == "symlog"
    assert chart.figure.axes[0].xaxis.get_major_formatter()(1000.0, 0) == "1,000"
    assert pickle.loads(pickle.dumps(chart)).png == chart.png
