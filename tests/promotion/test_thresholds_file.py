import pytest
from conftest import ROOT, make_table
from promotion_inputs import fitted

from model_development.errors import SettingsError
from model_development.promotion.suited import require_suited
from model_development.promotion.thresholds import Thresholds, make_thresholds, read_thresholds
from model_development.tasks.table import make_task


def suited(content, kind="binary"):
    table = make_table(kind)
    task = make_task(table["outcome"], "outcome", kind)
    require_suited(make_thresholds(content, "t.yaml"), task, fitted(kind), table.columns, "t.yaml")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"metrcs": {}}, "Did you mean 'metrics'"),
        ({"metrics": {"accuracy": {"at_last": 0.5}}}, "Did you mean 'at_least'"),
        ({"metrics": {"accuracy": {"at_least": 0.5, "at_most": 0.6}}}, "either `at_least` or `at_most`"),
        ({"metrics": {"accuracy": {"at_least": "high"}}}, "valid number"),
        ({"champion": {"accuracy": {"margin": -1}}}, "greater than or equal to 0"),
        ({"champion": {"accuracy": {}}}, "either `margin` or `margin_pct`"),
        ({"slices": [{"column": "age", "metric": "accuracy"}]}, "either `at_least` or `at_most`"),
        ({"fairness": [{"column": "age"}]}, "selection_ratio_at_least"),
        ({"directions": [{"column": "age", "raising": "up"}]}, "may_not_lower"),
        ({"judge_by": "luck"}, "interval"),
        (["accuracy"], "must hold names and values"),
        ({1: 2}, "must hold names and values"),
    ],
)
def test_what_a_file_may_not_hold_is_said(content, said):
    with pytest.raises(SettingsError, match="t.yaml") as refused:
        make_thresholds(content, "t.yaml")
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"metrics": {"acuracy": {"at_least": 0.5}}}, "Did you mean 'accuracy'"),
        ({"metrics": {"rmse": {"at_most": 5}}}, "`metrics` names no metric 'rmse'"),
        ({"champion": {"f1score": {"margin": 0.1}}}, "Did you mean 'f1_score'"),
        ({"slices": [{"column": "home twon", "metric": "accuracy", "at_least": 0.5}]}, "'home town'"),
        ({"fairness": [{"column": "sex", "equalized_odds_at_most": 0.1}]}, "no column 'sex'"),
        ({"invariances": [{"column": "constant", "at_most": 0.1}]}, "no column of the model 'constant'"),
        ({"skip_tests": ["order_of_row"]}, "Did you mean 'order_of_rows'"),
    ],
)
def test_names_that_there_are_not_come_with_the_nearest(content, said):
    with pytest.raises(SettingsError) as refused:
        suited(content)
    assert said in str(refused.value)


def test_columns_that_are_no_features_may_make_slices():
    suited({"slices": [{"column": "constant", "metric": "accuracy", "at_least": 0.5}]})


@pytest.mark.parametrize("text", ["a: [1", "\x00", "a: &a [*a]"])
def test_what_is_no_yaml_is_said(text, tmp_path):
    (tmp_path / "t.yaml").write_text(text)
    with pytest.raises(SettingsError):
        read_thresholds(tmp_path / "t.yaml")
    with pytest.raises(SettingsError, match="no thresholds file"):
        read_thresholds(tmp_path / "absent.yaml")


def test_the_shipped_example_is_valid_and_shows_all_that_may_be_asked():
    path = ROOT / "config" / "thresholds.yaml"
    assert read_thresholds(path).metrics
    text = path.read_text(encoding="utf-8")
    for name in Thresholds.model_fields:
        assert f"{name}:" in text, name
