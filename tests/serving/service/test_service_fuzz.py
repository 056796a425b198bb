"""Requests that are made up from the service's own description, valid and invalid ones."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode, checks
from service_helpers import package

from model_development.serving.service.application import make_app
from model_development.serving.service.json_log import JsonLog
from model_development.serving.service.settings import ServiceSettings

HOW = {"deadline": None, "suppress_health_check": list(HealthCheck), "database": None, "derandomize": True}
# JSON Schema cannot say that lists are as long as others, that tensors are columns, what CSV holds.
LEFT_OUT = dict.fromkeys(("/invocations", "/v2/models/{name}/infer"), [checks.positive_data_acceptance])


class Nowhere:
    def write(self, text):
        pass

    def flush(self):
        pass


@pytest.fixture(scope="module")
def described():
    app = make_app(package("binary"), ServiceSettings(max_rows=100), JsonLog(Nowhere()))
    return schemathesis.openapi.from_asgi("/openapi.json", app)


def send(described, n_cases):
    """Send so many valid and invalid cases to each route; return how many were sent, and what failed."""
    sent, failed = [], {}
    for operation in (result.ok() for result in described.get_all_operations()):
        for mode in GenerationMode:
            try:
                send_to(operation, mode, n_cases, sent)
            except Unsatisfiable:
                pass  # a route that takes nothing has no invalid cases
            except BaseException as error:
                failed[operation.label, mode.value] = error
    return len(sent), failed


def send_to(operation, mode, n_cases, sent):
    @settings(max_examples=n_cases, **HOW)
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case):
        sent.append(operation.label)
        case.call_and_validate(excluded_checks=LEFT_OUT.get(operation.path, []))

    check()


@pytest.mark.whole
def test_no_request_breaks_the_service_or_its_description(described):
    sent, failed = send(described, 10)
    assert not failed
    assert sent > 60


@pytest.mark.slow
def test_no_request_of_2000_breaks_the_service_or_its_description(described):
    sent, failed = send(described, 340)
    assert not failed
    assert sent >= 2000
