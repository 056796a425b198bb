"""Text of the user's is drawn as it is, and no chart can stop a run."""

import json
import pickle

import matplotlib
import numpy as np
import pandas as pd
import pytest
from conftest import write_project
from matplotlib.figure import Figure

from model_development import model_utils as mu
from model_development.errors import TemplateError, TrainingError
from model_development.reports.chart import Chart, UndrawnChart, drawn
from model_development.reports.curves import latency_chart, ranking_chart

TEXTS = [
    "$50_to_$100",
    "$\\frac{$",
    "a_b^c",
    "$x^$",
    "100 % $",
    "\\alpha",
    "🙂 happy",
    "x" * 3000,
    "two\nlines",
    "{}",
]


@pytest.mark.whole
@pytest.mark.parametrize("text", TEXTS)
def test_any_text_is_drawn_in_every_place(text):
    figure = Figure(layout="constrained")
    axis = figure.subplots()
    axis.bar([text, "b"], [1, 2], label=text)
    axis.set(title=text, xlabel=text[:50], ylabel=text[:50])
    axis.text(0, 0, text)
    axis.legend()
    figure.suptitle(text)
    assert Chart(figure).png.startswith(b"\x89PNG")


@pytest.mark.whole
def test_a_notebook_says_in_words_what_a_chart_shows():
    """Jupyter and nbconvert take the alternative text of an image from its metadata."""
    chart = Chart(latency_chart({"a": (1.0, 0.5, 0.4, 0.6)}, "F1", "a", "iris: quality against latency"))
    _, metadata = chart._repr_png_()
    assert metadata["alt"].startswith("iris: quality against latency: F1")
    assert "\n" not in metadata["alt"]


def test_dollars_are_letters_and_no_formula():
    """The same picture as where formulas are off from the start; another than with formulas."""

    def picture(title):
        figure = Figure(figsize=(4, 1))
        figure.suptitle(title)
        return Chart(figure).png

    assert picture("$a$") != picture("a")
    with matplotlib.rc_context({"text.parse_math": False}):
        assert picture("$a_b$") == picture("$a_b$")
    assert picture("$a_b$") != picture("$a$_$b$")


@pytest.mark.whole
def test_a_log_axis_has_plain_numbers():
    rows = {"a": (0.1, 0.5, 0.4, 0.6), "b": (1000.0, 0.6, 0.5, 0.7)}
    figure = latency_chart(rows, "F1", "a", "title")
    Chart(figure)
    labels = [text.get_text() for text in figure.axes[0].get_xticklabels()]
    assert not any("$" in label for label in labels)


def test_a_chart_that_fails_is_a_printed_line(capsys):
    @drawn
    def broken():
        raise ZeroDivisionError("no rows")

    @drawn
    def nothing_trained():
        raise TrainingError("no model was trained")

    chart = broken()
    assert isinstance(chart, UndrawnChart)
    assert capsys.readouterr().out == "broken could not be drawn: ZeroDivisionError: no rows\n"
    with pytest.raises(TemplateError):
        nothing_trained()


def labelled(folder):
    rng = np.random.default_rng(0)
    x = rng.normal(size=200)
    labels = np.array(["$0_to_$50", "$50_to_$100", "🙂^{" + "long " * 100])
    y = labels[np.digitize(x + rng.normal(size=200) * 0.5, [-0.9, 0.9])]
    return write_project(folder, table=pd.DataFrame({"x_$1$": x.round(3), "outcome": y}), project="$p_1$")


@pytest.mark.whole
def test_labels_with_dollars_go_through_both_phases(tmp_path):
    context = labelled(tmp_path)
    phase = mu.start_training(context_path=context, models=["sklearn_logistic_regression"])
    mu.train_all(phase)
    mu.finish_training(phase)
    mu.tune_best_model(context, n_trials=2)
    folder = tmp_path / "artifacts" / "epoch005-model-development"
    for name in ("all_models_predictions.png", "top_10_models.png"):
        assert (folder / name).stat().st_size > 5000
    assert list(folder.glob("*.txt")) == []


@pytest.mark.whole
def test_a_broken_chart_leaves_a_note_and_the_run_ends_well(tmp_path, monkeypatch):
    def broken(*_):
        raise ValueError("a table that no chart likes")

    from model_development.phases.training import charts
    from model_development.phases.tuning import charts as search_charts

    context = labelled(tmp_path)
    monkeypatch.setattr(charts, "comparison_chart", broken)
    monkeypatch.setattr(search_charts, "top_chart", broken)
    phase = mu.start_training(context_path=context, models=["sklearn_logistic_regression"])
    mu.train_all(phase)
    assert mu.finish_training(phase).status == "ok"
    mu.tune_best_model(context, n_trials=2)
    folder = tmp_path / "artifacts" / "epoch005-model-development"
    for name in ("all_models_comparison", "top_10_models"):
        assert "a table that no chart likes" in (folder / f"{name}.txt").read_text(encoding="utf-8")
        assert not (folder / f"{name}.png").exists()
    assert json.loads(context.read_text(encoding="utf-8"))["epoch_005_complete"] is True
    first = json.loads(context.read_text(encoding="utf-8"))["epoch_005_outputs"]["tuning_parent_run_id"]
    again = mu.tune_best_model(context, n_trials=2)  # shown again, though a chart is missing
    assert again["tuning_parent_run_id"] == first


@pytest.mark.whole
def test_ranking_charts_take_labels_with_formulas():
    truth = np.array([True, False] * 20)
    assert Chart(ranking_chart(truth, {"m": np.linspace(0, 1, 40)}, "p: '$50_to_$100' against the rest")).png


def test_a_chart_goes_to_another_process_whatever_its_figure_holds():
    from matplotlib.figure import Figure

    figure = Figure()
    figure.unpicklable = lambda: None
    chart = Chart(figure)
    there = pickle.loads(pickle.dumps(chart))
    assert there.png == chart.png
    assert there._repr_png_() == chart._repr_png_()
