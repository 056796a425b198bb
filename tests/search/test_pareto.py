"""A search for two values that contradict each other finds what no other combination beats in both."""

import random

import pytest

from model_development.search.pareto import Pareto
from model_development.search.space import Range
from model_development.search.strategies import Answer
from model_development.search.table import SearchRequest, make_strategy

SPACE = {"x": Range(-4.0, 4.0), "y": Range(-4.0, 4.0), "kind": ("a", "b")}
START = {"x": 3.0, "y": 3.0, "kind": "b"}


def values(params):
    """Best in one at (1, 0), in the other at (-1, 0), both with "a": the front lies between them."""
    loss = params["y"] ** 2 + (params["kind"] == "b")
    return -((params["x"] - 1) ** 2) - loss, -((params["x"] + 1) ** 2) - loss


def play(strategy, of=values):
    asked = []
    while requests := strategy.ask():
        asked += [request.params for request in requests]
        found = [(None, None) if of is None else of(request.params) for request in requests]
        strategy.tell([Answer(r, *pair[:1], 0.1, *pair[1:]) for r, pair in zip(requests, found, strict=True)])
    return asked


def area(tried):
    """The part of [-4, 0] x [-4, 0] that some combination beats in both values, by a fixed sample of it."""
    rng, found = random.Random(0), [values(params) for params in tried]
    points = [(rng.uniform(-4, 0), rng.uniform(-4, 0)) for _ in range(2000)]
    return sum(any(a >= x and b >= y for a, b in found) for x, y in points) / len(points)


def drawn(seed, n=40):
    rng = random.Random(seed)
    return [{"x": rng.uniform(-4, 4), "y": rng.uniform(-4, 4), "kind": rng.choice("ab")} for _ in range(n)]


@pytest.mark.whole
def test_it_covers_more_than_as_many_random_draws_and_both_ends_of_the_front():
    searches = [play(Pareto(SPACE, START, 40, 3, seed)) for seed in range(3)]
    assert all(tried[0] == START for tried in searches)
    ours, theirs = (sorted(map(area, found)) for found in (searches, [drawn(seed) for seed in range(3)]))
    assert ours[1] > theirs[1]
    assert all(min(p["x"] for p in tried) < -0.5 and max(p["x"] for p in tried) > 0.5 for tried in searches)


def test_told_the_same_it_asks_the_same_and_refusals_do_not_stop_it():
    first, again = (play(Pareto(SPACE, START, 14, 3, 0, at_once=2)) for _ in range(2))
    assert first == again
    assert len(play(Pareto(SPACE, START, 14, 3, 0), of=None)) == 14
    countable = {"n": Range(1, 3), "kind": ("a", "b")}
    tried = play(Pareto(countable, {}, 100, 3, 0), of=lambda params: (params["n"], -params["n"]))
    assert len({repr(params) for params in tried}) == len(tried) == 6


def test_auto_and_bayesian_search_for_both_values_and_the_whole_grid_stays_the_grid():
    grid = {"kind": ("a", "b")}
    request = SearchRequest(
        space=grid,
        wide_space=SPACE,
        start=START,
        n_trials=5,
        timeout_s=None,
        seed=0,
        n_folds=3,
        n_rows=100,
        n_slots=1,
        n_workers=1,
        groups=lambda combinations: [[params] for params in combinations],
        has_second=True,
    )
    for name in ("auto", "bayesian"):
        strategy = make_strategy(name, request)
        assert (strategy.kind, strategy.has_two_values, strategy.space) == ("pareto", True, SPACE)
    for name in ("grid", "random", "halving"):
        assert not make_strategy(name, request).has_two_values
