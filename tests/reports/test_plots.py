"""Charts of odd results: nothing to draw, undefined values, one combination, values far apart."""

import pytest

from model_development.reports.plots import comparison_chart, impact_chart, top_chart


def saved(figure, path):
    figure.savefig(path)
    return path.stat().st_size > 5000


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


@pytest.mark.parametrize("parameters", [[], ["C"], ["C", "solver", "depth", "flag"]])
def test_the_impact_chart_takes_any_number_of_parameters(parameters, tmp_path):
    params = {"C": 0.1, "solver": "saga", "depth": None, "flag": True}
    results = [(params, 0.5), (params | {"depth": 3, "solver": "lbfgs"}, 0.6)] if parameters else []
    assert saved(impact_chart(results, parameters, "F1", params), tmp_path / "a.png")


def test_the_top_chart_draws_one_combination(tmp_path):
    assert saved(top_chart([("only", 0.5, 0.0)], "F1", 0.4, "title"), tmp_path / "a.png")
