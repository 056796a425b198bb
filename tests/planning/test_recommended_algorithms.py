from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from conftest import write_project

from model_development.data.intake import take_in
from model_development.ensembles.table import GREEDY
from model_development.metrics.table import score_constants
from model_development.models.table import MODELS
from model_development.phases.training.recommended import (
    recommendation_content,
    recommendation_sentence,
    recommended_models,
)
from model_development.planning.algorithm_table import ALGORITHMS, FAMILIES
from model_development.planning.algorithms import agreement, recommend, recommendation_table
from model_development.planning.baselines import OF_CLASSES, OF_NUMBERS, baseline_value
from model_development.planning.data_profile import DataProfile
from model_development.settings.context import read_context
from model_development.tasks.table import make_task
from model_development.use_cases.catalogue import get_use_case
from model_development.use_cases.synthetic import synthetic_table

SMALL = DataProfile(
    problem_type="binary",
    family="classification",
    n_rows=150,
    n_columns=10,
    n_numbers=10,
    n_categories=0,
    n_many_levels=0,
    n_texts=0,
    missing_share=0.0,
    n_classes=2,
    smallest_class=60,
)
LARGE = replace(SMALL, n_rows=60_000, smallest_class=20_000)


def first(profile):
    return recommend(profile)[0]


@pytest.mark.parametrize("family", ["classification", "regression"])
def test_every_model_is_known_to_the_rules_and_no_other(family):
    profile = replace(SMALL, family=family)
    names = {spec.name for spec in MODELS.values() if family in spec.tasks and not spec.is_dummy}
    assert {r.model for r in recommend(profile)} == names | {GREEDY}


def test_families_have_uses_pros_cons_and_sources():
    assert {algorithm.family for algorithm in ALGORITHMS} == set(FAMILIES)
    assert all(f.used_for and f.pros and f.cons and f.sources for f in FAMILIES.values())


def test_few_rows_speak_for_simple_models_and_many_for_boosting():
    assert first(SMALL).family == "linear"
    assert "fewer than 1,000 rows" in str(first(SMALL))
    assert first(LARGE).family == "boosting"


def test_a_latency_limit_speaks_against_ensembles_and_forests():
    slow = {r.model: r for r in recommend(replace(LARGE, latency_limit_ms=2.0))}
    assert any("longer than is allowed" in caution for caution in slow[GREEDY].cautions)
    assert slow[GREEDY].score < next(r.score for r in recommend(LARGE) if r.model == GREEDY)


def test_categories_of_many_levels_speak_for_ordered_target_means():
    table = recommendation_table(recommend(replace(LARGE, n_categories=8, n_numbers=2, n_many_levels=3)))
    assert "ordered target means" in table["for"].iloc[0]


def test_agreement_says_where_the_winner_stands():
    recommended = recommend(LARGE)
    assert agreement(recommended, recommended[1].model).stands_first
    assert agreement(recommended, recommended[2].model).place == 3
    assert not agreement(recommended, "my_own_model").stands_first


@pytest.mark.parametrize("key", ["credit_risk_scoring", "quality_defect_type", "claim_severity"])
def test_baselines_by_formula_are_those_that_phase_1_measures(key):
    case = get_use_case(key)
    y = synthetic_table(case, 600)[case.target.name]
    task = make_task(y, case.target.name, case.problem_type, case.target.positive)
    encoded = task.encode(y)
    outputs = np.full((1, max(1, len(task.classes))), 1 / max(1, len(task.classes)))
    like = task.predictions(outputs if task.has_classes else outputs[:, 0])
    measured = score_constants(encoded, encoded, like, task.family)[0]
    for metric in OF_CLASSES if task.has_classes else OF_NUMBERS:
        value = baseline_value(metric, y, task)
        if value is not None:
            assert value == pytest.approx(measured[metric], abs=1e-5), metric


@pytest.mark.whole
def test_phase_1_recommends_from_its_training_rows_and_says_whether_it_was_right(tmp_path):
    context = read_context(write_project(tmp_path, "multiclass"))
    session = SimpleNamespace(data=take_in(context).data, context=context)
    names = [r.model for r in recommended_models(session)]
    assert names[0] == "sklearn_logistic_regression"  # few rows
    said = recommendation_sentence(session, names[3])
    assert "does not stand among the first 2 recommended (place 4)" in said
    content = recommendation_content(session, names[1])
    assert content["agreement"] == {"winner": names[1], "place": 2, "stands_first": True}
    assert [row["model"] for row in content["ranked"]] == names
