import hashlib
import json
import os

import pytest
from service_helpers import ROW, is_problem, keys, start

from model_development.cli.main import main
from model_development.errors import SettingsError
from model_development.serving.service import settings as names
from model_development.serving.service.keys import parse_keys
from model_development.serving.service.problems import Problem
from model_development.serving.service.rate import RateLimit
from model_development.serving.service.running import address_from_environment
from model_development.serving.service.settings import SETTINGS, ServiceSettings


def write(path, lines):
    """As rotation does it: another file takes the place of the old one."""
    new = path.with_suffix(".new")
    new.write_text("# keys\n\n" + "\n".join(lines) + "\n", encoding="utf-8")
    os.replace(new, path)


def ask(started, key=None, path="/predict"):
    headers = {} if key is None else {"X-API-Key": key}
    return started.client.post(path, json=ROW, headers=headers)


def test_without_a_known_key_nothing_is_answered_but_the_open_routes():
    known, lines = keys("first", "second")
    with start(api_keys=tuple(lines)) as started:
        for wrong in (None, "", "x", known["first"][:-1], known["first"] + "x", lines[0], "é".encode()):
            is_problem(ask(started, wrong), 401, "unauthorized")
        assert "www-authenticate" in ask(started).headers
        assert all(ask(started, key).status_code == 200 for key in known.values())
        for path in ("/schema", "/docs", "/openapi.json", "/v2", "/version", "/nothing", "/health/"):
            is_problem(started.client.get(path), 401, "unauthorized")
        for path in ("/health", "/ready", "/ping", "/metrics", "/v2/health/live"):
            assert started.client.get(path).status_code == 200
        noted = [line["key_id"] for line in started.lines if line.get("status") == 200 and line["rows"]]
        assert noted == ["first", "second"]
        assert not any(key in started.written.getvalue() for key in known.values())


def test_routes_may_be_opened():
    _, lines = keys("first")
    with start(api_keys=tuple(lines), open_routes=("/schema",)) as started:
        assert started.client.get("/schema").status_code == 200
        is_problem(started.client.get("/metrics"), 401, "unauthorized")


def test_keys_are_rotated_without_a_restart(tmp_path):
    path = tmp_path / "keys"
    known, lines = keys("old", "new")
    write(path, lines[:1])
    with start(api_keys_file=path) as started:
        assert ask(started, known["old"]).status_code == 200
        is_problem(ask(started, known["new"]), 401, "unauthorized")
        write(path, lines)
        assert [ask(started, key).status_code for key in known.values()] == [200, 200]
        write(path, lines[1:])
        assert [ask(started, key).status_code for key in known.values()] == [401, 200]
        path.write_text("half a li", encoding="utf-8")
        assert ask(started, known["new"]).status_code == 200  # what cannot be read changes nothing
        path.unlink()
        assert ask(started, known["new"]).status_code == 200
        write(path, lines[:1])
        assert [ask(started, key).status_code for key in known.values()] == [200, 401]
        events = [line["event"] for line in started.lines]
        assert events.count("keys_read") == 3
        assert events.count("keys_not_read") == 2


def test_a_key_itself_is_no_entry_and_not_repeated(tmp_path):
    known, lines = keys("first")
    for wrong in (known["first"], f"first:{known['first']}", f"first:md5:{32 * 'a'}"):
        with pytest.raises(SettingsError) as said:
            parse_keys([wrong], "API_KEYS")
        assert known["first"] not in str(said.value)
    with pytest.raises(SettingsError, match="second time"):
        parse_keys(lines * 2, "API_KEYS")
    with pytest.raises(SettingsError, match="cannot be read"):
        start(api_keys_file=tmp_path / "absent")
    (tmp_path / "empty").write_text("# none\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="holds no key"):
        start(api_keys_file=tmp_path / "empty")


def test_the_command_makes_a_key_that_its_line_lets_in(capsys):
    assert main(["serve", "--new-key", "team"]) == 0
    said = capsys.readouterr().out.splitlines()
    key, line = said[1], said[3]
    assert parse_keys([line], "here") == {"team": hashlib.sha256(key.encode()).digest()}
    assert len(key) > 40
    assert main(["serve", "--new-key", "a b"]) == 2


def test_a_caller_has_so_many_requests_a_minute():
    known, lines = keys("one", "two")
    with start(api_keys=tuple(lines), rate_limit=3) as started:
        assert [ask(started, known["one"]).status_code for _ in range(3)] == [200, 200, 200]
        refused = ask(started, known["one"])
        is_problem(refused, 429, "rate_limited")
        assert 1 <= int(refused.headers["retry-after"]) <= 20
        assert ask(started, known["two"]).status_code == 200
        assert all(started.client.get("/health").status_code == 200 for _ in range(5))


def test_the_bucket_fills_evenly_and_forgets_callers():
    now = [0.0]
    limit = RateLimit(60, lambda: now[0])

    def admitted(caller="a"):
        try:
            limit.admit(caller)
        except Problem:
            return False
        return True

    assert sum(admitted() for _ in range(100)) == 60
    now[0] = 10.5
    assert sum(admitted() for _ in range(100)) == 10
    now[0] = 1e6
    assert sum(admitted() for _ in range(100)) == 60
    assert all(admitted(str(number)) for number in range(20_000))
    assert len(limit._buckets) <= 10_000


def test_logs_hold_no_inputs_unless_asked():
    for log_inputs in (False, True):
        with start(log_inputs=log_inputs) as started:
            started.client.post(
                "/predict", json=ROW | {"home town": "Atlantis"}, headers={"X-Request-ID": "mine"}
            )
            (line,) = [line for line in started.lines if line["event"] == "request"]
            assert ("Atlantis" in json.dumps(line)) is log_inputs
            assert line["request_id"] == "mine"
            assert line["route"] == "/predict"
            assert line["seconds"] > 0
            assert line["rows"] == 1


def test_request_ids_are_taken_where_they_are_plain():
    with start() as started:
        for given in ("a b", "x" * 65, '"', "é"):
            answer = started.client.post("/predict", json=ROW, headers={"X-Request-ID": given.encode()})
            assert len(answer.json()["request_id"]) == 32
        answer = started.client.post("/predict", json=ROW, headers={"X-Request-ID": "a-1.b_2:c"})
        assert answer.json()["request_id"] == answer.headers["x-request-id"] == "a-1.b_2:c"


@pytest.mark.whole
def test_labels_of_metrics_cannot_be_made_up():
    with start() as started:
        for number in range(30):
            started.client.get(f"/made-up-{number}")
            started.client.post("/predict", json={f"made-up-{number}": 1})
            started.client.request("BREW", "/predict")
        text = started.client.get("/metrics").text
        assert "made-up" not in text
        assert 'model_requests_total{method="(other)",route="(none)",status="405"}' in text or (
            'method="(other)"' in text
        )


def test_settings_come_from_the_environment():
    given = {
        "MAX_ROWS": "5",
        "RATE_LIMIT": "60",
        "LOG_INPUTS": "true",
        "API_KEYS": " a , b",
        "PREDICTIONS_DIR": "/data",
        "BODY_TIMEOUT": "2.5",
        "OPEN_ROUTES": "",
    }
    found = ServiceSettings.from_environment(given)
    assert (found.max_rows, found.rate_limit, found.log_inputs, found.body_timeout) == (5, 60, True, 2.5)
    assert found.api_keys == ("a", "b")
    assert found.open_routes == names.OPEN_ROUTES
    with pytest.raises(SettingsError) as said:
        ServiceSettings.from_environment({"MAX_ROWS": "0", "LOG_INPUTS": "perhaps", "BODY_TIMEOUT": "nan"})
    assert all(word in str(said.value) for word in ("MAX_ROWS", "LOG_INPUTS", "BODY_TIMEOUT"))
    assert {setting.variable.lower() for setting in SETTINGS} == set(ServiceSettings.__dataclass_fields__)


def test_the_address_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("PORT", "")
    monkeypatch.setenv("WORKERS", "2")
    assert address_from_environment() == ("127.0.0.1", 8000, 2)
    for text in ("abc", "0", "70000", "-1"):
        monkeypatch.setenv("PORT", text)
        with pytest.raises(SettingsError, match="PORT is"):
            address_from_environment()
