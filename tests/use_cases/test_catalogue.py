import pytest
from conftest import ROOT

from model_development.errors import UnknownUseCaseError
from model_development.metrics.table import METRICS
from model_development.settings.settings import make_settings
from model_development.use_cases.catalogue import CATALOGUE, departments, get_use_case, search, use_cases
from model_development.use_cases.page import catalogue_page


def test_eight_departments_have_eight_use_cases_each():
    assert [len(cases) for cases in departments().values()] == [8] * 8
    assert {case.problem_type for case in use_cases().values()} == {"binary", "multiclass", "regression"}


def test_the_file_in_config_is_the_one_that_the_package_reads():
    assert CATALOGUE.samefile(ROOT / "config" / "use_cases.yaml")


@pytest.mark.parametrize("key", use_cases())
def test_metrics_of_a_use_case_exist_and_suit_its_problem(key):
    case = use_cases()[key]
    family = "regression" if case.problem_type == "regression" else "classification"
    suitable = {name for name, metric in METRICS.items() if metric.family in (family, "both")}
    assert {case.metric.name, *case.gate.min, *case.gate.max} <= suitable


@pytest.mark.parametrize("key", use_cases())
def test_settings_of_a_use_case_are_settings(key):
    case = use_cases()[key]
    settings = make_settings(case.settings(), key)
    assert settings.split == case.split.kind
    assert {name for _, name in settings.columns_by_setting()} <= {
        case.split.column,
        *(feature.name for feature in case.features),
    }


def test_unknown_key_names_the_nearest():
    with pytest.raises(UnknownUseCaseError, match="Did you mean 'credit_risk_scoring'"):
        get_use_case("credit_risk_scorng")


def test_search_wants_all_words_and_puts_keys_first():
    assert search("fraud")[0].key == "card_fraud_detection"
    assert {case.key for case in search("patient stay")} >= {"length_of_stay"}
    assert search("fraud zzz") == []
    assert all(case.problem_type == "regression" for case in search("regression energy"))


def test_the_page_is_that_of_the_catalogue():
    assert (ROOT / "docs" / "use_cases.md").read_text(encoding="utf-8") == catalogue_page(), (
        "write it anew: python -m model_development.use_cases.page docs/use_cases.md"
    )
