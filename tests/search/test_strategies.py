from model_development.models.table import MODELS
from model_development.search.strategies import choose, grid


def test_the_grid_holds_every_combination_once():
    combinations = grid(MODELS["xgboost_baseline"].search_space)
    assert len(combinations) == len({tuple(c.values()) for c in combinations}) == 576


def test_a_subset_is_seeded_and_part_of_the_grid():
    space = MODELS["sklearn_random_forest"].search_space
    first, again, other = choose(space, 10, seed=1), choose(space, 10, seed=1), choose(space, 10, seed=2)
    assert first == again != other
    assert all(combination in grid(space) for combination in first)


def test_more_trials_than_combinations_are_all_combinations():
    assert len(choose({"a": [1, 2]}, 10)) == 2


def test_an_empty_space_has_no_combination():
    assert choose({}, 10) == []
