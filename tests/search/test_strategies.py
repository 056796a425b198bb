import math
import random
import time

import pytest

from model_development.models.table import MODELS
from model_development.search.bayesian import Bayesian
from model_development.search.hyperband import Hyperband
from model_development.search.importance import importance
from model_development.search.space import Range, n_combinations
from model_development.search.strategies import Answer, GridWithFallback, Listed, draw, grid, shuffled_grid

SPACE = {"x": Range(-3.0, 3.0), "kind": ("a", "b")}


def test_the_grid_holds_every_combination_once():
    combinations = grid(MODELS["xgboost_baseline"].search_space)
    assert len(combinations) == len({tuple(c.values()) for c in combinations}) == 576


def test_a_subset_is_seeded_and_part_of_the_grid():
    space = MODELS["sklearn_random_forest"].search_space
    first, again, other = draw(space, 10, seed=1), draw(space, 10, seed=1), draw(space, 10, seed=2)
    assert first == again != other
    assert all(combination in grid(space) for combination in first)


def test_more_trials_than_combinations_are_all_combinations():
    assert len(draw({"a": [1, 2]}, 10, seed=0)) == 2


def test_an_empty_space_has_no_combination():
    assert shuffled_grid({}, seed=0) == []


def test_draws_from_ranges_stay_within_them_and_whole_numbers_are_whole():
    space = {"n": Range(2, 9, log=True), "rate": Range(1e-3, 1e-1, log=True), "kind": ("a", "b")}
    drawn = draw(space, 200, seed=0)
    assert {params["n"] for params in drawn} == set(range(2, 10))
    assert all(1e-3 <= params["rate"] <= 1e-1 for params in drawn)
    below = sum(params["rate"] < 1e-2 for params in drawn)
    assert 70 < below < 130  # half of a log range lies below its geometric middle


def play(strategy, score, seconds=1.0):
    """Answer all that is asked for; return every Request. score : (params, fold) -> number or None."""
    asked = []
    while requests := strategy.ask():
        assert len({(request.folds, request.share) for request in requests}) == 1
        asked += requests
        answers = []
        for request in requests:
            scores = [score(request.params, fold) for fold in request.folds]
            mean = None if None in scores else sum(scores) / len(scores)
            answers.append(Answer(request, mean, seconds))
        strategy.tell(answers)
    return asked


def hill(params, fold):
    return -((params["x"] - 1.0) ** 2) - (0.5 if params["kind"] == "b" else 0.0) - 0.01 * fold


def test_hyperband_tries_as_many_as_asked_and_gives_up_all_but_the_best():
    points = [{"x": x, "kind": "a"} for x in range(100)]
    strategy = Hyperband(points[:49], n_folds=3, n_rows=10_000)
    asked = play(strategy, lambda params, fold: float(params["x"]))
    assert {request.number for request in asked} == set(range(1, 50)) == set(range(1, strategy.n_planned + 1))
    whole = [request.number for request in asked if request.share == 1]
    assert sorted(whole + list(strategy.pruned)) == list(range(1, 50))
    assert 49 in whole
    first = [request for request in asked if request.share == pytest.approx(1 / 27)]
    kept = [request.number for request in asked if request.share == pytest.approx(1 / 9)][: len(first) // 3]
    assert kept == [request.number for request in first][::-1][: len(first) // 3]  # the higher, the better


def test_hyperband_costs_less_than_whole_fits():
    strategy = Hyperband([{"x": x} for x in range(49)], n_folds=3, n_rows=10_000)
    cost = sum(request.share for request in play(strategy, lambda params, fold: 0.0))
    assert cost < 0.5 * 49


def test_hyperband_on_a_small_table_begins_with_whole_fits():
    strategy = Hyperband([{"x": x} for x in range(5)], n_folds=3, n_rows=200)
    assert {request.share for request in play(strategy, lambda params, fold: 0.0)} == {1.0}


def test_hyperband_goes_on_when_all_of_a_bracket_are_refused():
    strategy = Hyperband([{"x": x} for x in range(49)], n_folds=3, n_rows=10_000)
    asked = play(strategy, lambda params, fold: None)
    assert {request.number for request in asked} == set(range(1, 50))


@pytest.mark.parametrize("n", [1, 2, 3, 50, 200])
def test_hyperband_of_any_size_tries_each_once_and_finishes_some_early(n):
    strategy = Hyperband([{"x": x} for x in range(n)], n_folds=2, n_rows=10**6)
    asked = play(strategy, lambda params, fold: float(params["x"]))
    assert {request.number for request in asked} == set(range(1, n + 1))
    whole = [place for place, request in enumerate(asked) if request.share == 1]
    assert whole[0] < 80  # a search that runs out of time has something


def test_what_has_no_score_is_not_asked_for_again():
    for strategy in (_bayesian(0), Hyperband([{"x": x} for x in range(30)], n_folds=2, n_rows=10**5)):
        numbers = [request.number for request in play(strategy, lambda params, fold: None)]
        assert len(numbers) == len(set(numbers)) > 1


def test_auto_tells_the_space_that_it_went_on_with():
    other = {"y": Range(0.0, 1.0)}
    strategy = GridWithFallback(
        1,
        [{"x": 1.0, "kind": "a"}, {"x": 2.0, "kind": "a"}],
        2,
        fits=lambda *_: False,
        other=lambda number, tried: Bayesian(other, {}, 2, 2, 0, first_number=number, tried=tried),
        space=SPACE,
    )
    assert strategy.space == SPACE
    play(strategy, lambda params, fold: 1.0)
    assert strategy.space == other


def test_a_grid_that_is_tried_whole_at_once_is_not_followed_by_another_search():
    combinations = [{"x": 1.0, "kind": "a"}]
    strategy = GridWithFallback(1, combinations, 2, fits=lambda *_: False, other=None)
    assert len(play(strategy, hill)) == 1


def test_draws_differ_as_long_as_there_are_different_ones():
    assert len(draw({"n": Range(3, 5)}, 50, seed=0)) == 3


def test_bayesian_comes_nearer_to_the_best_than_random():
    found = [max(hill(r.params, 0) for r in play(_bayesian(seed), hill)) for seed in range(3)]
    luck = [max(hill(params, 0) for params in draw(SPACE, 30, seed)) for seed in range(3)]
    assert sum(found) > sum(luck)


def _bayesian(seed, **options):
    start = {"x": -2.5, "kind": "b", "other": 1}
    return Bayesian(SPACE, start, 30, n_folds=4, seed=seed, **options)


@pytest.mark.whole
def test_bayesian_begins_with_the_baseline_and_repeats_itself():
    asked = play(_bayesian(0), hill)
    assert asked[0].params == {"x": -2.5, "kind": "b"}
    assert asked == play(_bayesian(0), hill)
    assert asked != play(_bayesian(1), hill)


def test_bayesian_knows_of_a_start_that_is_no_combination_and_does_not_try_it():
    far = {"x": -2.5, "kind": "b", "other": 1}
    tried = [r.params for r in play(Bayesian(SPACE, far, 30, n_folds=4, seed=0, start_score=9.0), hill)]
    unaware = [r.params for r in play(Bayesian(SPACE, {}, 30, n_folds=4, seed=0), hill)]
    assert {"x": -2.5, "kind": "b"} not in tried

    def near(asked):
        return sum(params["x"] < -1.5 for params in asked)

    assert near(tried) > near(unaware)
    part = play(Bayesian(SPACE, {"x": -2.5}, 30, n_folds=4, seed=0, start_score=9.0), hill)
    assert [r.params for r in part] == unaware  # of half of its parameters nothing is learned


def test_bayesian_gives_up_on_half_of_the_folds_what_is_below_the_median():
    strategy = _bayesian(0, at_once=2)
    asked = play(strategy, hill)
    assert strategy.pruned
    for number in range(1, 31):
        folds = [fold for request in asked if request.number == number for fold in request.folds]
        assert folds == ([0, 1] if number in strategy.pruned else [0, 1, 2, 3])
    pruned = [hill(r.params, 0) for r in asked if r.number in strategy.pruned]
    whole = [hill(r.params, 0) for r in asked if r.number not in strategy.pruned]
    assert sum(pruned) / len(pruned) < sum(whole) / len(whole)


def test_bayesian_lives_with_refusals():
    asked = play(_bayesian(0), lambda params, fold: None if params["kind"] == "b" else hill(params, fold))
    assert {request.number for request in asked} == set(range(1, 31))


@pytest.mark.parametrize(("seconds", "kind"), [(1.0, "grid"), (100.0, "bayesian")])
def test_the_grid_is_taken_where_its_first_fits_say_that_it_fits(seconds, kind):
    combinations = [{"x": float(x), "kind": "a"} for x in range(20)]
    strategy = GridWithFallback(
        3,
        combinations,
        4,
        fits=lambda spent, n: spent / n * 20 <= 100,
        other=lambda number, tried: Bayesian(SPACE, {}, 5, 4, 0, first_number=number, tried=tried),
    )
    asked = play(strategy, hill, seconds)
    assert strategy.kind == kind
    assert sorted({request.number for request in asked}) == list(range(1, strategy.n_planned + 1))
    assert strategy.n_planned == (20 if kind == "grid" else 8)
    assert [request.params for request in asked[:3]] == combinations[:3]


def test_listed_combinations_are_asked_for_once():
    strategy = Listed([{"a": 1}, {"a": 2}], n_folds=2)
    assert [request.folds for request in strategy.ask()] == [(0, 1), (0, 1)]
    assert strategy.ask() == []


@pytest.mark.whole
def test_importance_names_the_parameter_that_matters():
    rng = random.Random(0)
    results = []
    for _ in range(60):
        params = {"big": rng.choice([1, 2, 3]), "small": rng.uniform(0, 1), "fixed": 1}
        results.append((params, 10 * params["big"] + params["small"]))
    shares = importance(results, {"big": (1, 2, 3), "small": Range(0.0, 1.0), "fixed": (1,)}, seed=0)
    assert list(shares) == ["big", "small"]
    assert shares["big"] > 0.9
    assert math.isclose(sum(shares.values()), 1.0)


@pytest.mark.whole
def test_importance_of_many_values_and_tiny_scores_takes_no_time():
    rng = random.Random(0)
    values = list(range(2, 40))
    results = [({"depth": rng.choice(values)}, 1e-12) for _ in range(60)]
    results = [(params, 1e-12 * (1 + params["depth"])) for params, _ in results]
    assert importance(results, {"depth": tuple(values)}, seed=0) == {"depth": 1.0}


@pytest.mark.parametrize("scores", [[], [1.0, 2.0], [1.0] * 9, [1.0, 1.0 + 1e-15, 1.0, 1.0, 1.0]])
def test_importance_of_too_little_is_nothing(scores):
    assert importance([({"x": k}, score) for k, score in enumerate(scores)], {"x": (0, 1)}, 0) == {}


def test_first_fits_that_are_all_refused_tell_nothing_of_the_time():
    combinations = [{"x": float(x), "kind": "b" if x < 6 else "a"} for x in range(20)]
    told = []

    def fits(seconds, n):
        told.append(n)
        return True

    strategy = GridWithFallback(3, combinations, 4, fits, other=None)
    asked = play(strategy, lambda params, fold: None if params["kind"] == "b" else 1.0)
    assert [request.params for request in asked] == combinations
    assert told == [3]  # once, by the first three that have a score


def test_a_grid_whose_first_fits_take_too_long_gives_way():
    combinations = [{"x": float(x), "kind": "a"} for x in range(20)]

    def other(number, tried):
        return Bayesian(SPACE, {}, 5, 4, 0, first_number=number, tried=tried)

    strategy = GridWithFallback(3, combinations, 4, fits=None, other=other, patience_s=9.0)
    assert strategy.patience_s == 9.0
    assert len(strategy.ask()) == 3
    assert strategy.on_timeout([])
    assert {request.number for request in play(strategy, hill)} == set(range(4, 9))
    assert (strategy.kind, strategy.patience_s, strategy.on_timeout([])) == ("bayesian", None, False)


def test_bayesian_tries_no_combination_of_a_list_twice():
    space = {"x": (0.0, 1.0, 2.0), "kind": ("a", "b")}
    for at_once in (1, 2):
        asked = play(Bayesian(space, {}, 6, n_folds=2, seed=0, at_once=at_once), hill)
        assert len({repr(request.params) for request in asked if request.folds == (0,)}) == 6
        assert {request.number for request in asked} == set(range(1, 7))


@pytest.mark.parametrize("space", [{"n": Range(3, 5)}, {"n": Range(1, 4), "kind": ("a", "b")}])
def test_bayesian_tries_no_whole_numbers_twice(space):
    strategy = Bayesian(space, {}, 50, n_folds=2, seed=0, at_once=2)
    asked = play(strategy, lambda params, fold: float(params["n"]))
    numbers = {request.number for request in asked}
    assert len({repr(request.params) for request in asked}) == len(numbers) == n_combinations(space)
    assert strategy.n_planned == n_combinations(space)


@pytest.mark.parametrize("is_in_time", [True, False])
def test_what_a_grid_has_begun_with_is_not_tried_again_after_it(is_in_time):
    space = {"x": (0.0, 1.0, 2.0), "kind": ("a", "b")}

    def other(number, tried):
        return Bayesian(space, {"x": 0.0}, 50, 2, 0, first_number=number, tried=tried)

    strategy = GridWithFallback(2, grid(space), 2, lambda *_: False, other, space, patience_s=1.0)
    if is_in_time:
        asked = play(strategy, hill)
    else:
        asked = strategy.ask()
        strategy.on_timeout([Answer(request, 1.0, 1.0) for request in asked])
        asked += play(strategy, hill)
    assert {request.number for request in asked} == set(range(1, 7))
    assert len({repr(request.params) for request in asked}) == 6


@pytest.mark.whole
def test_what_explains_the_scores_of_thousands_is_said_within_seconds():
    """A search of a small table tries thousands; they took a quarter of an hour after its time was over."""
    rng = random.Random(0)
    tried = [{"big": rng.random(), "small": rng.random()} for _ in range(5000)]
    results = [(params, params["big"] + 0.1 * params["small"]) for params in tried]
    started = time.process_time()
    shares = importance(results, {"big": Range(0.0, 1.0), "small": Range(0.0, 1.0)}, seed=0)
    assert time.process_time() - started < 20
    assert list(shares) == ["big", "small"]
    assert shares["big"] > 0.9


@pytest.mark.whole
def test_what_a_depth_without_a_limit_explains_is_said_within_seconds():
    """Among numbers, None made them values without an order, of which fANOVA looks at every subset."""
    rng = random.Random(0)
    depths = [None, *range(2, 42)]
    tried = [{"depth": rng.choice(depths), "small": rng.random()} for _ in range(100)]
    results = [(params, float(params["depth"] or 60) + 0.1 * params["small"]) for params in tried]
    started = time.process_time()
    shares = importance(results, {"depth": tuple(depths), "small": Range(0.0, 1.0)}, seed=0)
    assert time.process_time() - started < 20
    assert list(shares) == ["depth", "small"]
    assert shares["depth"] > 0.9
