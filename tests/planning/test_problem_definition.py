import json

import pytest

from model_development.planning.problem_definition import GAP, define_problem, to_markdown, to_payload
from model_development.planning.read_table import look_at
from model_development.storage.files import to_json
from model_development.use_cases.catalogue import get_use_case, use_cases
from model_development.use_cases.synthetic import synthetic_table

CASE = get_use_case("credit_risk_scoring")


def of_case():
    look = look_at(synthetic_table(CASE, 400), CASE.target.name, CASE.settings())
    return define_problem(
        "risk",
        CASE.target.name,
        look.metric,
        case=CASE,
        profile=look.profile,
        baseline=look.baseline,
        split="time",
    )


def test_a_use_case_gives_criteria_with_numbers_and_leaves_money_to_people():
    definition = of_case()
    stated = {(c.metric, c.direction, c.value) for c in definition.success_criteria}
    assert stated == {("roc_auc", "at_least", 0.7), ("brier_score", "at_most", 0.11)}
    assert definition.baseline["value"] == 0.5
    assert set(definition.gaps) == {"constraints", "cost_of_errors"}


def test_nothing_is_invented_where_nothing_is_known():
    definition = define_problem("mine", "price", "rmse")
    assert {"objective", "success_criteria", "cost_of_errors", "regulation", "baseline"} <= set(
        definition.gaps
    )
    assert definition.success_criteria == ()
    page = to_markdown(definition)
    assert page.count("**GAP**") >= len(definition.gaps) - 1
    assert GAP not in page.replace("**GAP**: ", "")


@pytest.mark.whole
def test_json_and_page_say_the_same():
    definition = of_case()
    content = json.loads(to_json(to_payload(definition)))
    page = to_markdown(definition)
    assert content["objective"] in page
    assert all(rule in page for rule in content["regulation"])
    assert all(str(c["value"]) in page for c in content["success_criteria"])


def test_every_use_case_is_a_definition():
    for case in use_cases().values():
        definition = define_problem("p", case.target.name, case.metric.name, case=case)
        assert definition.objective == case.question
        assert definition.success_criteria
