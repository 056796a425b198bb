"""Within a time the wider ranges are searched until a gain is unlikely; else the grid, where it fits."""

import pytest

from model_development.search.ending import AHEAD, RECENT, EndsByItself, expected_gain
from model_development.search.space import Range
from model_development.search.strategies import Answer, Listed, Request, Strategy
from model_development.search.table import CHEAPEST, PATIENCE_S, SearchRequest, make_strategy

GRID = {"x": (0.0, 1.0), "kind": ("a", "b")}
WIDE = {"x": Range(-3.0, 3.0), "kind": ("a", "b")}


def request(**more):
    options = {
        "space": GRID,
        "wide_space": WIDE,
        "start": {"x": 0.5, "kind": "a"},
        "n_trials": None,
        "timeout_s": 1000.0,
        "seed": 0,
        "n_folds": 4,
        "n_rows": 100,
        "n_slots": 2,
        "n_workers": 2,
        "groups": lambda combinations: [[params] for params in combinations],
        "standard_error": 0.05,
    }
    return SearchRequest(**options | more)


def play(strategy, score, most=300):
    """Answer what is asked; return {number: params} of all combinations."""
    asked = {}
    while (requests := strategy.ask()) and len(asked) < most:
        asked |= {r.number: r.params for r in requests}
        strategy.tell([Answer(r, score(r.params), 0.1) for r in requests])
    return asked


def hill(params):
    return -abs(params["x"] - 2.2)


@pytest.mark.whole
def test_within_a_time_the_wider_ranges_are_searched_until_a_gain_is_unlikely():
    strategy = make_strategy("auto", request(portfolio=({"x": -2.0, "kind": "b"},)))
    asked = list(play(strategy, hill).values())
    assert asked[:2] == [{"x": 0.5, "kind": "a"}, {"x": -2.0, "kind": "b"}]  # the baseline, and the portfolio
    assert max(map(hill, asked)) > -0.1
    assert RECENT < len(asked) < 250
    assert (strategy.kind, strategy.ended_by_itself, strategy.space) == ("bayesian", True, WIDE)


@pytest.mark.parametrize("more", [{"timeout_s": None}, {"wide_space": GRID}, {"n_trials": "all"}])
def test_without_an_end_of_time_with_values_of_the_users_own_or_all_that_are_asked_for_the_grid_is_all(more):
    given = request(**more)
    if more.get("wide_space"):
        given = request(space=GRID, wide_space=GRID)
    assert len(play(make_strategy("auto", given), hill)) == 4


@pytest.mark.parametrize(("seconds", "fits_none"), [(999.0, False), (1001.0, True)])
def test_a_grid_that_is_far_too_large_by_the_fit_of_the_baseline_has_no_first_fits(seconds, fits_none):
    of_grid = 4 * 4 / 2 * CHEAPEST * 1000 / PATIENCE_S  # combinations, folds, workers
    more = {"fit_s": seconds / of_grid, "portfolio": ({"x": -2.0, "kind": "b"},), "timeout_s": None}
    first = [one.params for one in make_strategy("auto", request(**more)).ask()]
    assert (first == [{"x": 0.5, "kind": "a"}, {"x": -2.0, "kind": "b"}]) == fits_none
    own = make_strategy("auto", request(space=GRID, wide_space=GRID, **more)).ask()
    assert all(one.params["x"] in GRID["x"] for one in own)  # values of the user's own are tried


def test_scores_that_cannot_come_near_the_best_end_it_and_ones_that_can_do_not():
    assert AHEAD * expected_gain([0.5 + 0.001 * k for k in range(20)], best=1.0) < 1e-6
    hopeless = EndsByItself(Listed([{"x": 1.0}] * 100, 2), [({"x": 0.0}, 1.0)], 0.1)
    assert len(play(hopeless, lambda params: 1.0 - params["x"])) == 100  # one block is answered as a whole
    assert hopeless.ask() == []
    assert hopeless.ended_by_itself


class _OnSomeFolds(Strategy):
    """Combinations on the first of two folds; every fourth goes on to the second one, one at a time."""

    def __init__(self):
        super().__init__(n_folds=2, n_planned=400)
        self._next, self._rest = 0, []

    @property
    def has_open(self):
        return bool(self._rest)

    def ask(self):
        if self._rest:
            return self._rest
        self._next += 1
        return [Request(self._next, {"number": self._next}, (0,))]

    def tell(self, answers):
        (answer,) = answers
        number, is_first = answer.request.number, answer.request.folds == (0,)
        self._rest = [Request(number, answer.request.params, (1,))] if is_first and number % 4 == 0 else []


@pytest.mark.parametrize("easier", [-0.5, 0.5])
def test_what_was_given_up_on_easy_or_hard_folds_ends_nothing_and_prolongs_nothing(easier):
    """The first fold is another one than the second: that says nothing of what the next ones can gain."""

    def n_asked(shift, rising):
        search, n = EndsByItself(_OnSomeFolds(), [({}, 0.5)], 0.1), 0
        while (requests := search.ask()) and n < 400:
            (request,) = requests
            n += 1
            quality = 0.4 + rising * request.number + 0.05 * (request.number % 3)
            search.tell([Answer(request, quality + (shift if request.folds == (0,) else -shift), 1.0)])
        return n

    assert n_asked(easier, rising=0.001) == n_asked(0.0, rising=0.001)
    assert n_asked(easier, rising=-0.01) == n_asked(0.0, rising=-0.01) < 60


def test_a_search_knows_the_score_of_a_start_that_is_no_combination():
    """Nothing comes near what it begins with: it need not be tried to end the search."""
    given = request(start_score=100.0, space={"x": [0.0, 1.0, 2.0, 3.0]}, fit_s=9999.0)
    strategy = make_strategy("auto", given)
    assert len(slow(strategy)) < 60
    assert strategy.ended_by_itself


@pytest.mark.whole
def test_refused_combinations_are_no_scores():
    strategy = make_strategy("auto", request())
    asked = play(strategy, lambda params: None if params["kind"] == "b" else hill(params))
    assert max(hill(p) for p in asked.values() if p["kind"] == "a") > -0.3


def slow(strategy, seconds=500.0, most=400):
    """`play`, where a combination takes so long that no grid fits; return the scores."""
    scores = []
    while (requests := strategy.ask()) and len(scores) < most:
        answers = [Answer(r, hill(r.params), seconds) for r in requests]
        scores += [answer.score for answer in answers]
        strategy.tell(answers)
    return scores


@pytest.mark.whole
def test_a_search_of_slow_fits_ends_by_itself():
    strategy = make_strategy("auto", request())
    scores = slow(strategy)
    assert strategy.kind == "bayesian"
    assert strategy.ended_by_itself
    assert RECENT < len(scores) < 400
    assert max(scores) > -0.1


@pytest.mark.whole
def test_a_number_that_was_asked_for_is_tried_whatever_it_gains():
    strategy = make_strategy("bayesian", request(n_trials=30))
    assert len(play(strategy, lambda params: 0.0)) == 30
    assert not strategy.ended_by_itself


def test_combinations_that_were_begun_come_to_all_their_folds_before_it_ends():
    strategy = make_strategy("auto", request(standard_error=1e9))
    folds = {}
    while requests := strategy.ask():
        for r in requests:
            folds.setdefault(r.number, []).extend(r.folds)
        strategy.tell([Answer(r, hill(r.params), 500.0) for r in requests])
    half = [number for number, tried in folds.items() if len(tried) < 4]
    assert strategy.ended_by_itself
    assert set(half) <= set(strategy.pruned)
