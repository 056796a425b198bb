import re

import numpy as np
import pandas as pd
import pytest
from evaluation_inputs import make_input

from model_development.explanation.dependence import dependences
from model_development.explanation.model_output import ModelOutput
from model_development.explanation.words import dependence_sentence, shape_of

EVEN = np.full(20, 0.05)
LINE = np.linspace(0, 1, 20)


def test_a_line_rises_nowhere_more_than_elsewhere():
    shape = shape_of(LINE, EVEN)
    assert (shape.direction, shape.window) == (1, None)
    assert shape.explained == pytest.approx(1)
    assert shape_of(-LINE, EVEN).direction == -1


@pytest.mark.parametrize("step", [1, 8, 15, 19])
def test_a_step_is_told_by_where_it_is(step):
    shape = shape_of(np.where(np.arange(20) < step, 0.0, 1.0), EVEN)
    assert (shape.direction, shape.window, shape.share) == (1, (step - 1, step), 1.0)


def test_a_way_that_lies_where_few_rows_are_is_told_by_its_beginning():
    curve = np.maximum(0.0, LINE - 0.7)
    shape = shape_of(-curve, EVEN)
    assert shape.direction == -1
    assert shape.window[1] >= 18
    assert 12 <= shape.window[0] <= 15


def test_what_turns_is_neither_rising_nor_falling():
    assert shape_of(np.abs(LINE - 0.5), EVEN).direction == 0
    assert shape_of(np.zeros(20), EVEN).direction == 0


def test_what_rises_and_then_goes_back_does_not_rise_although_few_rows_are_there():
    curve = np.where(np.arange(20) < 18, LINE, np.array([0] * 18 + [0.6, 0.4]))
    few_there = np.where(np.arange(20) < 18, 0.055, 0.005)
    shape = shape_of(curve, few_there)
    assert shape.explained > 0.9
    assert shape.direction == 0
    assert shape.back > 0.4


def test_rounding_does_not_make_a_rise_of_a_constant():
    shape = shape_of(0.3 + 1e-17 * np.arange(20), EVEN)
    assert shape.direction == 0


def sentence_of(table, column, **model):
    given = make_input("binary", table=table, settings={"positive_class": "bad"}, **model)
    one = next(one for one in dependences(given) if one.name == column)
    return dependence_sentence(ModelOutput.of(given.model, given.task), one, 0)


@pytest.mark.whole
def test_sentences_say_direction_size_and_place():
    rng = np.random.default_rng(0)
    duration = rng.integers(4, 61, 3000)
    table = pd.DataFrame({"duration": duration, "purpose": rng.choice(["car", "tv", "boat"], 3000)})
    chance = np.where(duration > 30, 0.9, 0.1) * np.where(table["purpose"] == "car", 1.0, 0.4)
    table["outcome"] = np.where(rng.random(3000) < chance, "bad", "good")
    params = {"n_estimators": 30, "max_depth": 2, "min_child_weight": 30}
    boosted = {"model_name": "xgboost_baseline", "params": params}
    said = sentence_of(table, "duration", **boosted)
    assert said.startswith("The chance of 'bad' rises with 'duration', from 0.")
    low, high = map(int, re.search(r"% of it between (\d+) and (\d+)\.$", said).groups())
    assert 24 <= low <= 30 < high <= 34
    said = sentence_of(table, "purpose", **boosted)
    assert said.startswith(
        "Of the most frequent values of 'purpose', the chance of 'bad' is highest for 'car' (0."
    )


@pytest.mark.whole
def test_where_a_value_is_missing_is_said():
    rng = np.random.default_rng(0)
    age = np.where(rng.random(800) < 0.3, np.nan, rng.integers(18, 80, 800))
    table = pd.DataFrame({"age": age, "x": rng.normal(size=800)})
    table["outcome"] = np.where(np.isnan(age) | (age > 50), "bad", "good")
    said = sentence_of(table, "age", model_name="lightgbm_baseline", params={"n_estimators": 40})
    assert " Where it is missing: 0.9" in said or " Where it is missing: 1." in said
