import json
import time
from dataclasses import replace

import pytest
from service_helpers import ROW, Started, is_problem, package, start

from model_development.monitoring.log_files import read_log

JSON = {"Content-Type": "application/json"}
DEEP = b'{"age": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@pytest.fixture(scope="module")
def client():
    with start("binary", max_body_bytes=300_000, max_rows=50) as started:
        yield started.client


@pytest.mark.parametrize(
    ("body", "status", "name"),
    [
        (b"", 400, "empty_body"),
        (b"  \n", 400, "empty_body"),
        (b"{", 400, "malformed_body"),
        (b'{"age": 1, "age": 2}', 400, "malformed_body"),
        (b'{"age": NaN}', 400, "malformed_body"),
        (b'{"age": -Infinity}', 400, "malformed_body"),
        (b'{"home town": "\xff"}', 400, "malformed_body"),
        (b'{"home town": "\\ud800"}', 400, "malformed_body"),
        (b'{"\\uDC00": 1}', 400, "malformed_body"),
        (b'{"age": ' + 5000 * b"9" + b"}", 400, "malformed_body"),
        (DEEP, 400, "malformed_body"),
        ("{}".encode("utf-16"), 400, "malformed_body"),
        (b"\xef\xbb\xbf{}", 400, "malformed_body"),
        (b'{"age": 1e400}', 422, "invalid_rows"),
        (b'{"age": {"years": 1}}', 422, "invalid_rows"),
        (b'{"age": [1]}', 422, "invalid_rows"),
        (b'{"age": true}', 422, "invalid_rows"),
        (b'{"since": false}', 422, "invalid_rows"),
        (b'{"agee": 1}', 422, "invalid_rows"),
        (b"[]", 422, "invalid_request"),
        (b"null", 422, "invalid_request"),
        (b"3", 422, "invalid_request"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_bodies_that_are_no_rows_are_said_to_be_none(client, body, status, name):
    is_problem(client.post("/predict", content=body, headers=JSON), status, name)


@pytest.mark.parametrize("body", [b"{}", b'{"age": ' + 300 * b"9" + b"}", b'{"home town": "\\ud83d\\ude00"}'])
def test_odd_rows_are_answered(client, body):
    assert client.post("/predict", content=body, headers=JSON).json()["warnings"]


def test_an_unknown_column_names_the_nearest_and_a_type_those_that_are_allowed(client):
    content = is_problem(client.post("/predict", json={"agee": 1, "owner": [1]}), 422, "invalid_rows")
    assert "Did you mean 'age'?" in content["detail"]
    assert [error["column"] for error in content["errors"]] == ["agee", "owner"]
    assert "allowed: number, text, null, true or false" in content["errors"][1]["message"]


def test_a_batch_names_the_row(client):
    rows = [ROW, ROW | {"age": {}}, 7]
    content = is_problem(client.post("/predict/batch", json={"rows": rows}), 422, "invalid_rows")
    assert content["detail"].startswith("Row 1: Column 'age'")
    assert [error["row"] for error in content["errors"]] == [1, 2]


def test_many_errors_are_cut_short(client):
    rows = [{f"x{number}": 1} for number in range(50)]
    content = is_problem(client.post("/predict/batch", json={"rows": rows}), 422, "invalid_rows")
    assert len(content["errors"]) == 20


@pytest.mark.parametrize(
    "body", [{}, {"rows": 3}, {"rows": {}}, {"row": []}, {"rows": [], "more": 1}, [], {"rows": None}]
)
def test_batches_that_are_none(client, body):
    is_problem(client.post("/predict/batch", json=body), 422, "invalid_request")


@pytest.mark.parametrize("kind", ["", "text/plain", "application/jsonp", "application/json; charset=latin-1"])
def test_other_content_types_are_refused(client, kind):
    answer = client.post("/predict", content=b"{}", headers={"Content-Type": kind} if kind else {})
    is_problem(answer, 415, "unsupported_media_type")


def test_a_charset_of_utf_8_is_none_other(client):
    headers = {"Content-Type": "application/json; charset=UTF-8"}
    assert client.post("/predict", content=b"{}", headers=headers).status_code == 200


def test_limits_of_rows_and_bodies(client):
    rows = [{}] * 51
    is_problem(client.post("/predict/batch", json={"rows": rows}), 413, "too_many_rows")
    is_problem(client.post("/invocations", json={"instances": rows}), 413, "too_many_rows")
    long = json.dumps({"home town": 300_001 * "x"})
    is_problem(client.post("/predict", content=long, headers=JSON), 413, "body_too_large")
    in_chunks = (part for part in [b'{"home town": "', *[1000 * b"x"] * 301, b'"}'])
    is_problem(client.post("/predict", content=in_chunks, headers=JSON), 413, "body_too_large")


def test_routes_and_methods_that_are_none(client):
    is_problem(client.get("/nothing"), 404, "not_found")
    is_problem(client.get("/predict/"), 404, "not_found")
    refused = client.get("/predict")
    is_problem(refused, 405, "method_not_allowed")
    assert refused.headers["allow"] == "POST"


@pytest.mark.parametrize(
    "body",
    [
        {"instances": [[1, 2]]},
        {"instances": "x"},
        {"inputs": {"age": [1], "home town": ["Bern", "Bern"]}},
        {"inputs": {"age": 1}},
        {"inputs": []} | {"instances": []},
        {"dataframe_split": {"columns": ["age"], "data": [[1, 2]]}},
        {"dataframe_split": {"columns": ["age", "age"], "data": [[1, 2]]}},
        {"dataframe_split": {"columns": [{}], "data": []}},
        {"dataframe_split": {"columns": ["age"], "data": [[1]], "index": 0}},
        {"dataframe_split": []},
        {"dataframe_records": [1]},
        {"dataframe_records": [], "params": []},
        {"dataframe_records": [], "params": {"predict_method": {}}},
        {"dataframe_record": []},
        {},
    ],
    ids=repr,
)
def test_bodies_that_mlflow_would_not_send(client, body):
    is_problem(client.post("/invocations", json=body), 422, "invalid_request")


@pytest.mark.parametrize("body", ["a\n1,2", "age\n", 'age\n"4', "age,age\n1,2", "\ufeff\n", "age\n\udcff"])
def test_csv_that_is_none(client, body):
    content = body.encode("utf-8", "surrogateescape")
    answer = client.post("/invocations", content=content, headers={"Content-Type": "text/csv"})
    is_problem(answer, 400, "malformed_body")


AGE = {"name": "age", "datatype": "FP64", "shape": [1], "data": [1.0]}


@pytest.mark.parametrize(
    "body",
    [
        {"inputs": []},
        {"inputs": [3]},
        {"inputs": [AGE | {"name": 3}]},
        {"inputs": [AGE, AGE]},
        {"inputs": [AGE | {"datatype": "FP128"}]},
        {"inputs": [AGE | {"datatype": "INT64"}]},
        {"inputs": [AGE | {"shape": [2]}]},
        {"inputs": [AGE | {"shape": [1, 2]}]},
        {"inputs": [AGE | {"shape": [-1]}]},
        {"inputs": [AGE | {"shape": "1"}]},
        {"inputs": [AGE | {"data": [[[1]]]}]},
        {"inputs": [AGE | {"parameters": {"binary_data_size": -1}}]},
        {"inputs": [AGE, {"name": "owner", "datatype": "BOOL", "shape": [2], "data": [True, False]}]},
        {"inputs": [AGE], "id": 3},
        {"inputs": [AGE], "outputs": [{"name": "nothing"}]},
        {"inputs": [AGE], "outputs": 3},
        {"inputs": [AGE], "more": 3},
    ],
    ids=repr,
)
def test_tensors_that_are_none(client, body):
    is_problem(client.post("/v2/models/tiny/infer", json=body), 422, "invalid_request")


def test_what_nobody_expected_is_in_the_log_and_not_in_the_answer():
    class Broken:
        uses_plan = True
        model = package("binary").model.model

        def answer(self, row):
            if row == ROW:
                raise RuntimeError("secret of the inside")
            return package("binary").model.answer(row)

    from dataclasses import replace

    with Started(replace(package("binary"), model=Broken())) as started:
        answer = started.client.post("/predict", json=ROW)
        content = is_problem(answer, 500, "internal_error")
        assert "secret" not in json.dumps(content)
        (line,) = [line for line in started.lines if line.get("status") == 500]
        assert "secret of the inside" in line["traceback"]
        assert line["level"] == "error"
        assert line["request_id"] == content["request_id"]
        assert started.client.post("/predict", json={}).status_code == 200


def test_a_body_of_very_many_unknown_or_repeated_names_is_refused_at_once(client):
    """Of each one it is looked for what was meant; one request must not hold up all others."""
    names = [f"column {number}" for number in range(10_000)]
    began = time.perf_counter()
    content = is_problem(client.post("/predict", json=dict.fromkeys(names, 1)), 422, "invalid_rows")
    assert len(content["errors"]) == 20
    twice = json.dumps(dict.fromkeys(names, 1))[:-1] + f', "{names[-1]}": 2}}'
    is_problem(client.post("/predict", content=twice, headers=JSON), 400, "malformed_body")
    assert time.perf_counter() - began < 1


def test_columns_that_settings_name_for_other_ends_are_let_pass_and_recorded(tmp_path):
    """Groups and times of rows to come: performance by group is told from the service's own log."""
    known = package()
    with Started(known) as service:
        response = service.client.post("/predict", json=ROW | {"patient": "P-7"})
        assert is_problem(response, 422, "invalid_rows")
    given = replace(known, metadata={"other_columns": ["patient", "age"]})
    with Started(given, predictions_dir=tmp_path, record_inputs=True) as service:
        for patient in ("P-7", 7, None):
            assert service.client.post("/predict", json=ROW | {"patient": patient}).status_code == 200
        assert "patient" in service.client.get("/openapi.json").text
    recorded = [json.loads(row) for row in read_log(tmp_path)["inputs"]]
    assert [row["patient"] for row in recorded] == ["P-7", 7, None]
