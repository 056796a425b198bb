"""A search for the score and a second value: its front, what is recorded of it, and what is handed over."""

import json
from types import SimpleNamespace

import pytest
from conftest import write_project

from model_development import model_utils as mu
from model_development.errors import SettingsError
from model_development.execution.local import LocalEngine
from model_development.fitting.measure import fit_and_save
from model_development.metrics.table import METRICS
from model_development.phases.tuning.criteria import CRITERIA, criterion_of
from model_development.phases.tuning.trade_off import pareto_rows
from model_development.phases.tuning.trials import Trial
from model_development.settings.context import read_context
from model_development.tracking.store import TrackingStore

MODEL = "sklearn_decision_tree"


def scored(number, mean, cost):
    return Trial(number, {}, {}, measured={"cv": {"f1_score": {"mean": mean}}}, cost=cost)


def test_of_equal_scores_only_the_cheapest_is_worth_its_cost():
    trials = [scored(1, 0.9, 5.0), scored(2, 0.9, 3.0), scored(3, 0.8, 2.9), scored(4, 0.7, 1.0)]
    chosen = {
        name: [row.trial for row in pareto_rows(trials, METRICS["f1_score"], criterion) if row.is_pareto]
        for name, criterion in CRITERIA.items()
    }
    assert chosen == {"size": [2, 3, 4], "latency": [2, 4]}  # a latency that is 3 % less is the same


def test_a_metric_of_which_more_is_better_is_a_second_value_too():
    session = SimpleNamespace(metric=METRICS["f1_score"], task=SimpleNamespace(family="classification"))
    recall = criterion_of("recall", session)
    trials = [scored(n, mean, recall.cost(value)) for n, mean, value in ((1, 0.9, 0.5), (2, 0.8, 0.7))]
    trials.append(scored(3, 0.7, recall.cost(0.6)))
    rows = pareto_rows(trials, METRICS["f1_score"], recall)
    assert [(row.trial, row.cost, row.is_pareto) for row in rows] == [
        (1, 0.5, True),
        (2, 0.7, True),
        (3, 0.6, False),
    ]
    with pytest.raises(SettingsError, match="f1_score is the primary metric, which decides already"):
        criterion_of("f1_score", session)
    with pytest.raises(SettingsError, match="called 'lateny'. Did you mean 'latency'.*roc_auc"):
        criterion_of("lateny", session)
    with pytest.raises(SettingsError, match="No second criterion is called 'rmse'"):
        criterion_of("rmse", session)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    context = write_project(tmp_path_factory.mktemp("second"), settings={"ensemble": "never"})
    phase = mu.start_training(context_path=context, models=[MODEL])
    mu.train_all(phase)
    mu.finish_training(phase)
    return context


def read(context, name):
    path = context.parent / "artifacts" / "epoch005-model-development" / name
    return json.loads(path.read_text(encoding="utf-8"))


def is_beaten(row, others):
    return any(
        (other["mean"] >= row["mean"] and other["cost"] <= row["cost"])
        and (other["mean"], other["cost"]) != (row["mean"], row["cost"])
        for other in others
    )


@pytest.mark.whole
def test_the_front_is_searched_recorded_and_its_best_score_put_forward(trained, capsys):
    outputs = mu.tune_best_model(trained, second="log_loss", n_trials=12)
    report, rows = read(trained, "tuning_summary_report.json"), read(trained, "all_tuning_results.json")
    assert (report["strategy"], report["second"]) == ("pareto", "log_loss")
    losses = {row["trial"]: row["cv"]["log_loss"]["mean"] for row in rows["results"]}
    found = report["trade_off"]
    assert all(row["cost"] == losses[row["trial"]] for row in found)
    front = [row for row in found if row["is_pareto"]]
    assert [row["trial"] for row in front] == [r["trial"] for r in found if not is_beaten(r, found)]
    assert front[0]["mean"] == report["best_cv_mean"]
    assert front[0]["params"] == report["best_params"]
    assert "best f1_score is put forward" in report["choice"]
    assert report["choice"] in capsys.readouterr().out
    assert (trained.parent / "artifacts" / "epoch005-model-development" / "tuning_trade_off.png").exists()
    store = TrackingStore(read_context(trained))
    parent = outputs["tuning_parent_run_id"]
    tagged = [
        int(name.split()[0])
        for name, (_, _, tags) in store.children(parent).items()
        if tags.get("pareto") == "True"
    ]
    assert sorted(tagged) == sorted(row["trial"] for row in front)
    assert store.client.get_run(parent).data.metrics["n_pareto"] == len(front)


@pytest.mark.whole
def test_sizes_are_measured_once_and_a_search_for_them_is_not_one_for_the_score_alone(trained, monkeypatch):
    fitted, run = [], LocalEngine.run

    def counted(self, calls, *arguments, **options):
        fitted.extend(call.arguments["params"] for call in calls if call.function is fit_and_save)
        return run(self, calls, *arguments, **options)

    monkeypatch.setattr(LocalEngine, "run", counted)
    alone = mu.tune_best_model(trained, strategy="bayesian", n_trials=6)
    assert not fitted
    first = mu.tune_best_model(trained, strategy="bayesian", n_trials=6, second="size")
    found = read(trained, "tuning_summary_report.json")["trade_off"]
    assert len(fitted) == 6
    assert alone["tuning_parent_run_id"] != first["tuning_parent_run_id"]
    rows = read(trained, "all_tuning_results.json")["results"]
    assert all(row["second"]["model_size_mb"] > 0 for row in rows)
    again = mu.tune_best_model(trained, strategy="bayesian", n_trials=8, second="size")
    assert len(fitted) == 8  # those of the shorter search are known
    assert again["tuning_parent_run_id"] != first["tuning_parent_run_id"]
    longer = read(trained, "tuning_summary_report.json")["trade_off"]
    known = {row["trial"]: row["cost"] for row in longer}
    assert all(known[row["trial"]] == row["cost"] for row in found)
