import pytest

from model_development.errors import SettingsError
from model_development.models.table import MODELS
from model_development.search.space import Range, at_edges, read_space


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "must hold parameters"),
        (None, "must hold parameters"),
        ({}, "must hold parameters"),
        ({"a": []}, "`a`: the list is empty"),
        ({"a": 3}, "give a list of values, such as"),
        ({"a": [[1]]}, r"`a`: \[1\] is no number"),
        ({"a": [float("nan")]}, "must be finite"),
        ({"a": {"low": 1}}, "low and high must be numbers, not None"),
        ({"a": {"low": 3, "high": 1}}, "low 3 must be below high 1"),
        ({"a": {"low": 0, "high": 1, "log": True}}, "must begin above 0"),
        ({"a": {"low": 0, "hihg": 1}}, "'hihg' is unknown.*high"),
        ({"a": {"low": 0, "high": 1, "log": "yes"}}, "log must be true or false"),
        ({"a": [], "b": 3}, "`a`: .*; `b`: "),
    ],
)
def test_a_bad_space_is_said_in_a_sentence(content, message):
    with pytest.raises(SettingsError, match=message):
        read_space(content, "grid.yaml")


def test_every_model_s_own_spaces_can_be_read():
    for spec in MODELS.values():
        for content in (spec.search_space, spec.ranges):
            assert not content or set(read_space(content, spec.name)) == set(content)


def test_values_that_stand_twice_count_once_but_true_is_not_one():
    assert read_space({"a": [1, 1, True, 2]}, "x")["a"] == (1, True, 2)


@pytest.mark.parametrize(
    ("values", "value", "says"),
    [
        ((3, 5, 7), 7, "largest"),
        ((3, 5, 7), 3, "smallest"),
        ((3, 5, 7), 5, None),
        ((3, 7), 7, None),  # of two values one is always at an end
        (("a", "b", "c"), "c", None),
        ((5, 10, 20, None), 20, None),  # beyond it stands no limit
        ((5, 10, 20, None), 5, "smallest"),
        (Range(0.01, 1.0, log=True), 0.0101, "smallest"),
        (Range(0.0, 1.0), 0.99, "largest"),
        (Range(0.0, 1.0), 0.5, None),
    ],
)
def test_a_winner_at_an_edge_is_pointed_out(values, value, says):
    said = at_edges({"a": values}, {"a": value})
    assert bool(said) == bool(says)
    assert not says or says in said[0]


def test_what_nothing_lies_beyond_is_no_edge():
    space = {"a": (0.5, 0.8, 1.0), "b": Range(0.0, 1.0)}
    limits = {"a": 1.0, "b": 0.0}.items()
    assert at_edges(space, {"a": 1.0, "b": 0.001}, limits) == []
    assert len(at_edges(space, {"a": 0.5, "b": 0.999}, limits)) == 2
