import numpy as np
import pandas as pd
import pytest

from model_development.errors import DataError
from model_development.tasks.classification import Binary
from model_development.tasks.regression import Regression
from model_development.tasks.table import make_task


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["a", "b", "a"], "binary"),
        ([0, 1, 1], "binary"),
        ([True, False, True], "binary"),
        (["a", "b", "c"], "multiclass"),
        ([1, 2, 3, 1], "multiclass"),
        ([1.0, 2.0, 3.0], "multiclass"),
        ([0.5, 1.5, 2.5], "regression"),
        (list(range(21)), "regression"),
    ],
)
def test_the_kind_of_problem_follows_from_the_target(values, kind):
    assert make_task(pd.Series(values), "y").kind == kind


@pytest.mark.parametrize(
    ("values", "positive"),
    [
        ([0, 1, 0], 1),
        (["no", "yes", "no"], "yes"),
        ([False, True, True], True),
        (["good", "bad", "good"], "bad"),
        ([">50K", "<=50K", "<=50K"], ">50K"),  # none of both says yes: the rarer one
    ],
)
def test_the_positive_class_is_the_label_that_means_yes_or_the_rarer_one(values, positive):
    assert make_task(pd.Series(values), "y").positive_class == positive


def test_a_positive_class_of_the_user_may_be_written_as_text():
    assert make_task(pd.Series([0, 1, 1]), "y", positive_class="0").positive_class == 0


def test_an_unknown_positive_class_lists_the_labels():
    with pytest.raises(DataError, match="'good' and|and 'good'"):
        make_task(pd.Series(["good", "bad"]), "y", positive_class="worse")


def test_one_class_alone_is_an_error_that_says_what_to_check():
    with pytest.raises(DataError, match="one value only.*target_variable"):
        make_task(pd.Series(["a", "a"]), "y")


def test_regression_on_text_is_an_error():
    with pytest.raises(DataError, match="holds text"):
        make_task(pd.Series(["a", "b", "c"]), "y", problem_type="regression")


@pytest.mark.parametrize("label", [pd.Timestamp("2026-01-01"), (1, 2), b"x"])
def test_labels_that_no_file_can_carry_are_an_error(label):
    with pytest.raises(DataError, match="labels of type"):
        make_task(pd.Series([label, "a", "b"], dtype=object), "y")


def test_an_infinite_label_is_an_error():
    with pytest.raises(DataError, match="infinite"):
        make_task(pd.Series([0.0, 1.0, float("inf")]), "y")


def test_infinite_targets_are_an_error():
    with pytest.raises(DataError, match="infinite"):
        make_task(pd.Series([0.5, float("inf"), 2.5]), "y")


def test_what_is_encoded_is_decoded():
    labels = np.array(["b", "a", "b"], dtype=object)
    assert Binary("y", ("a", "b"), "a").decode(np.array([1, 0, 1])).tolist() == labels.tolist()
    assert Regression("y").decode(np.array([1.5, 2.0])).tolist() == [1.5, 2.0]
