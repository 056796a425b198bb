import pytest

from model_development.errors import TemplateError, UnknownModelError
from model_development.phases.opening import read_parameters
from model_development.settings.parameters import TrainingParameters, parse_parameters


def test_empty_texts_and_all_mean_the_contexts_own():
    values = {"context_path": "", "primary_metric": "", "models": "all", "seed": None}
    assert set(parse_parameters(values, TrainingParameters).model_dump().values()) == {None}


def test_models_may_be_a_list_or_a_text_with_commas():
    for models in ("xgboost_baseline, pytorch_nn", ["xgboost_baseline", "pytorch_nn"]):
        assert parse_parameters({"models": models}, TrainingParameters).models == [
            "xgboost_baseline",
            "pytorch_nn",
        ]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"seed": "abc"}, "`seed`"),
        ({"seed": -1}, "`seed`"),
        ({"time_budget_s": 0}, "`time_budget_s`"),
        ({"models": 3}, "`models`"),
        ({"In": ["", "# Parameters\nsed = 3\n"]}, "`sed` is unknown. Did you mean 'seed'"),
    ],
)
def test_a_wrong_parameter_stops_with_its_name(values, message):
    with pytest.raises(TemplateError, match=message):
        parse_parameters(values, TrainingParameters)


def test_names_of_the_users_own_cells_are_no_parameters():
    assert parse_parameters({"In": ["", "scratch = 3"], "scratch": 3}, TrainingParameters).seed is None


def test_a_model_that_is_none_is_said_in_the_first_cell():
    with pytest.raises(UnknownModelError, match="Did you mean 'xgboost_baseline'"):
        read_parameters({"models": "xgbost_baseline"})
