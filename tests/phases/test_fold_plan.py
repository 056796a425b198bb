"""What is left of the time goes to folds that models lack: all that fits, the best first, evenly."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_development.phases.fold_plan import Unfinished, longest_lane, plan_folds

N_FOLDS = 5
SECONDS = st.floats(0.01, 50.0)
MODELS = st.lists(
    st.tuples(st.integers(0, N_FOLDS), SECONDS, st.floats(0, 8.0), st.floats(0, 20.0)), min_size=1, max_size=8
).map(lambda rows: [Unfinished(f"m{k}", n, N_FOLDS, *costs) for k, (n, *costs) in enumerate(rows)])


def lengths(models, wanted):
    return {model.name: model.seconds(wanted.get(model.name, model.n_done)) for model in models}


@pytest.mark.whole
@settings(max_examples=200, deadline=None)
@given(MODELS, st.floats(0, 400.0), st.integers(1, 4))
def test_no_plan_leaves_time_unused_that_a_missing_fold_fits_into(models, seconds, n_lanes):
    wanted = plan_folds(models, seconds, n_lanes)
    planned = lengths(models, wanted)
    assert longest_lane(planned, n_lanes) <= seconds
    for model in models:
        n_folds = wanted.get(model.name, model.n_done)
        assert n_folds <= N_FOLDS
        if n_folds < N_FOLDS:
            more = planned | {model.name: model.seconds(n_folds + 1)}
            assert longest_lane(more, n_lanes) > seconds
            if n_lanes == 1:
                assert seconds - sum(planned.values()) < more[model.name] - planned[model.name] + 1e-6


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 6), st.integers(3, N_FOLDS), SECONDS, st.floats(0, 400.0))
def test_from_three_folds_on_models_of_one_cost_differ_by_one_fold_at_most(n_models, n_done, fold_s, seconds):
    models = [Unfinished(f"m{k}", n_done, N_FOLDS, fold_s) for k in range(n_models)]
    wanted = plan_folds(models, seconds)
    numbers = [wanted.get(model.name, n_done) for model in models]
    assert numbers == sorted(numbers, reverse=True)  # the most promising first
    assert max(numbers) - min(numbers) <= 1


def test_a_model_comes_to_the_three_folds_that_a_test_needs_before_the_next_one_begins():
    models = [Unfinished(name, 1, N_FOLDS, 10.0) for name in "abc"]
    assert plan_folds(models, 20.0) == {"a": 3}
    assert plan_folds(models, 39.0) == {"a": 3, "b": 2}
    assert plan_folds(models, 1000.0) == {"a": 5, "b": 5, "c": 5}


def test_what_does_not_fit_makes_room_for_what_does_and_the_longest_is_begun_first():
    models = [Unfinished("slow", 1, N_FOLDS, 100.0), Unfinished("quick", 3, N_FOLDS, 1.0, start_s=1.0)]
    assert plan_folds(models, 50.0) == {"quick": 5}
    assert list(plan_folds(models, 500.0, n_lanes=2)) == ["slow", "quick"]
    assert plan_folds(models, 0.5) == {}
    assert plan_folds([], 100.0) == {}


def test_all_rows_come_before_the_folds_of_a_model_that_had_a_part_of_them():
    model = Unfinished("part", 0, N_FOLDS, 10.0, start_s=1.0, before_s=20.0)
    assert plan_folds([model], 30.0) == {}
    assert plan_folds([model], 31.0) == {"part": 1}
