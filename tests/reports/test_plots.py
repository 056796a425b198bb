"""Charts of odd results: nothing to draw, undefined values, one combination, values far apart."""

import numpy as np
import pytest

from model_development.reports.curves import history_chart, latency_chart, prediction_chart, ranking_chart
from model_development.reports.plots import comparison_chart
from model_development.reports.search_plots import (
    impact_chart,
    parallel_chart,
    search_history_chart,
    top_chart,
)


def saved(figure, path):
    figure.savefig(path)
    return path.stat().st_size > 5000


@pytest.mark.whole
def test_the_comparison_draws_undefined_values_as_words(tmp_path):
    panels = [("A", {"x": 0.5, "y": None}, {"x": (0.4, 0.6), "y": (None, None)}, "higher")] * 8
    figure = comparison_chart(panels, ["x", "y"], "x", {"y"}, "title")
    texts = [text.get_text() for axis in figure.axes for text in axis.texts]
    assert texts.count("not defined") == 8
    assert saved(figure, tmp_path / "a.png")


def test_values_that_differ_by_orders_of_magnitude_are_drawn_on_a_log_axis():
    panels = [("time", {"x": 0.001, "y": 100.0}, {}, "lower"), ("A", {"x": 1.0, "y": 2.0}, {}, "lower")]
    figure = comparison_chart(panels, ["x", "y"], "x", set(), "title")
    assert [axis.get_xscale() for axis in figure.axes[:2]] == ["log", "linear"]


@pytest.mark.whole
@pytest.mark.parametrize("parameters", [[], ["C"], ["C", "solver", "depth", "flag"]])
def test_the_impact_chart_takes_any_number_of_parameters(parameters, tmp_path):
    params = {"C": 0.1, "solver": "saga", "depth": None, "flag": True}
    results = [(params, 0.5), (params | {"depth": 3, "solver": "lbfgs"}, 0.6)] if parameters else []
    assert saved(impact_chart(results, parameters, "F1", params, {}), tmp_path / "a.png")


def test_fractions_that_were_drawn_stand_on_an_axis_however_few_they_are():
    results = [({"rate": 0.1 + 0.0123456789 * k, "depth": k % 3}, 0.5 + 0.01 * k) for k in range(8)]
    rate, depth = impact_chart(results, ["rate", "depth"], "F1", results[-1][0], {}, drawn=["rate"]).axes
    assert not [text for text in rate.get_xticklabels() if "n=" in text.get_text()]
    assert [text.get_text() for text in depth.get_xticklabels()] == ["0\n(n=3)", "1\n(n=3)", "2\n(n=2)"]
    figure = parallel_chart(results, ["rate", "depth"], "F1", True, drawn=["rate"])
    marks = [text.get_text() for text in figure.axes[0].texts]
    assert marks == ["0.1", "0.1864", "0", "1", "2", "0.5", "0.57"]


@pytest.mark.whole
def test_long_names_of_combinations_leave_room_for_all_words():
    names = [f"{k:04d} " + " ".join(f"parameter_{i}=0.12345" for i in range(8)) for k in range(3)]
    figure = top_chart([(name, 46057.1, (45000.0, 47000.0)) for name in names], "RMSE", 46100.0, "A title")
    figure.draw_without_rendering()
    width, _ = figure.get_size_inches() * figure.dpi
    for text in [figure._suptitle, figure._supxlabel, *figure.axes[0].get_yticklabels()]:
        assert 0 <= text.get_window_extent().x0 < text.get_window_extent().x1 <= width
    assert figure.axes[0].get_position().width > 0.5
    assert "46,057" in [text.get_text() for text in figure.axes[0].texts]


def test_the_top_chart_draws_one_combination(tmp_path):
    assert saved(top_chart([("only", 0.5, None)], "F1", 0.4, "title"), tmp_path / "a.png")


@pytest.mark.whole
def test_curves_draw_every_model(tmp_path):
    rng = np.random.default_rng(0)
    truths = rng.random(200) < 0.3
    scores = {name: truths * 0.3 + rng.random(200) for name in ("a", "b", "c")}
    figure = ranking_chart(truths, scores, "title")
    assert [line.get_label() for line in figure.axes[1].lines][:3] == ["a", "b", "c"]
    assert saved(figure, tmp_path / "ranking.png")
    truth = rng.normal(size=50)
    figure = prediction_chart(truth, {f"m{i}": truth + rng.normal(size=50) for i in range(5)}, "title")
    assert [axis.get_title() for axis in figure.axes[:5]] == [f"m{i}" for i in range(5)]
    assert saved(figure, tmp_path / "predictions.png")


def test_the_history_chart_marks_the_epoch_that_was_kept():
    figure = history_chart({"a": ([0.5, 0.3, 0.4], 2)}, "title")
    assert figure.axes[0].get_title() == "a"
    assert [text.get_text() for text in figure.axes[0].get_legend().texts] == ["kept: 2"]


@pytest.mark.whole
def test_the_latency_chart_takes_models_without_an_interval(tmp_path):
    rows = {"a": (1.0, 0.9, 0.88, 0.92), "b": (20.0, 0.8, None, None)}
    assert saved(latency_chart(rows, "F1", "a", "title"), tmp_path / "latency.png")


@pytest.mark.whole
@pytest.mark.parametrize("n", [0, 1, 40])
def test_the_charts_of_a_search_take_any_number_of_combinations(n, tmp_path):
    rng = np.random.default_rng(0)
    results = [
        ({"depth": int(rng.integers(3, 6)), "rate": float(rng.uniform(1e-3, 1)), "kind": None}, float(score))
        for score in rng.uniform(size=n)
    ]
    names = ["depth", "rate", "kind"]
    best = results[0][0] if results else {}
    assert saved(parallel_chart(results, names, "F1", True), tmp_path / "a.png")
    assert saved(impact_chart(results, names, "F1", best, {"rate": 0.8}), tmp_path / "b.png")
    many = [({"depth": depth}, 0.1) for depth in [*range(20), None]]  # numbers, and one that is none
    assert saved(impact_chart(many, ["depth"], "F1", {"depth": None}, {}), tmp_path / "d.png")
    assert saved(parallel_chart(many, ["depth"], "F1", True), tmp_path / "e.png")
    scores = [score for _, score in results] + [None]
    assert saved(search_history_chart(scores, "F1", 0.5, False), tmp_path / "c.png")
