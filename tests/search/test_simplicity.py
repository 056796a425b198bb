"""Of equally good combinations the simpler one comes first."""

from types import SimpleNamespace

import pytest

from model_development.metrics.table import METRICS
from model_development.models.table import MODELS
from model_development.phases.tuning.trials import ranked_trials
from model_development.search.simplicity import LARGER_IS_LESS, LARGER_IS_MORE, complexity


def trial(number, score, **params):
    return SimpleNamespace(number=number, params=params, cost=None, cv=lambda name: score)


def test_ten_tied_winners_are_listed_simplest_first():
    depths = [7, None, 3, 10, 5]
    trials = [trial(n, 0.9, max_depth=depth, n_estimators=100) for n, depth in enumerate(depths)]
    trials.append(trial(9, 0.95, max_depth=20, n_estimators=100))
    ranked = ranked_trials(trials, METRICS["roc_auc"])
    assert [t.params["max_depth"] for t in ranked] == [20, 3, 5, 7, 10, None]


def numbers(values):
    return [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]


@pytest.mark.parametrize(
    "name", [name for name, spec in MODELS.items() if any(map(numbers, spec.search_space.values()))]
)
def test_every_grid_has_a_parameter_that_says_what_is_simpler(name):
    spec = MODELS[name]
    known = (set(LARGER_IS_MORE) | set(LARGER_IS_LESS)) & set(spec.search_space)
    assert known, "none of its parameters is known to make it larger or to hold it back"
    for parameter in known:
        values = numbers(spec.search_space[parameter])
        less, more = (complexity({**spec.baseline, parameter: value}) for value in (min(values), max(values)))
        assert (less < more) == (parameter in LARGER_IS_MORE)
