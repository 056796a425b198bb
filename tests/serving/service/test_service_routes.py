import json
import math
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from conftest import ROOT
from service_helpers import ROW, fitted, is_problem, package, start

from model_development.serving.service.metric_names import METRICS
from model_development.serving.service.problems import PROBLEMS
from model_development.serving.service.settings import SETTINGS, ServiceSettings


@pytest.fixture(scope="module")
def binary():
    with start("binary") as started:
        yield started


@pytest.fixture(scope="module")
def regression():
    with start("regression") as started:
        yield started


def rows_of(kind, n):
    """Raw rows as JSON has them."""
    _, X, _ = fitted(kind)
    return json.loads(X.head(n).to_json(orient="records"))


@pytest.mark.whole
def test_a_row_gets_what_the_model_says(binary):
    model, X, _ = fitted("binary")
    for position, row in enumerate(rows_of("binary", 5)):
        answer = binary.client.post("/predict", json=row).json()
        raw = X.iloc[[position]]
        assert answer["prediction"] == model.predict(raw)[0]
        assert answer["decision"] == model.predict(raw, policy=True)[0]
        expected = dict(zip(model.classes_, model.predict_proba(raw)[0].tolist(), strict=True))
        assert answer["probabilities"] == pytest.approx(expected, rel=1e-12)
        assert answer["model_version"] == "7"
        assert answer["warnings"] == []


def test_numbers_come_with_an_interval(regression):
    model, X, _ = fitted("regression")
    answer = regression.client.post("/predict", json=rows_of("regression", 1)[0]).json()
    assert answer["prediction"] == pytest.approx(model.predict(X.head(1))[0])
    assert answer["interval"] == pytest.approx(model.predict_interval(X.head(1))[0].tolist())
    assert "probabilities" not in answer
    assert "decision" not in answer


def test_a_batch_answers_as_its_rows_do(binary):
    rows = rows_of("binary", 40)
    answers = binary.client.post("/predict/batch", json={"rows": rows}).json()["predictions"]
    assert len({answer["request_id"] for answer in answers}) == 40
    for row, answer in zip(rows, answers, strict=True):
        alone = binary.client.post("/predict", json=row).json()
        assert answer["prediction"] == alone["prediction"]
        assert answer["probabilities"] == pytest.approx(alone["probabilities"], rel=1e-9)


def test_a_batch_of_no_rows_has_no_predictions(binary):
    assert binary.client.post("/predict/batch", json={"rows": []}).json() == {"predictions": []}


@pytest.mark.parametrize(
    ("change", "kind", "column"),
    [
        ({"home town": "Atlantis"}, "unseen_category", "home town"),
        ({"age": 900}, "out_of_range", "age"),
        ({"age": "old"}, "unreadable", "age"),
        ({"age": "41"}, "number_as_text", "age"),
        ({"age": ...}, "missing_column", "age"),
        ({"since": "1890-01-01"}, "out_of_range", "since"),
    ],
)
def test_what_is_unusual_is_a_warning_and_counted(change, kind, column):
    with start("binary") as started:
        row = {name: value for name, value in (ROW | change).items() if value is not ...}
        answer = started.client.post("/predict", json=row)
        assert answer.status_code == 200
        (warning,) = answer.json()["warnings"]
        assert repr(column) in warning
        counted = started.client.get("/metrics").text
        assert f'model_input_warnings_total{{column="{column}",kind="{kind}"}} 1.0' in counted


def test_texts_that_are_no_numbers_are_read_as_the_schema_does(binary):
    written = binary.client.post("/predict", json=ROW | {"amount [CHF]": "1,234.50"}).json()
    plain = binary.client.post("/predict", json=ROW | {"amount [CHF]": 1234.5}).json()
    assert written["probabilities"] == plain["probabilities"]
    assert len(written["warnings"]) == 1


def test_the_schema_names_columns_types_levels_and_ranges(binary):
    content = binary.client.get("/schema").json()
    columns = {column["name"]: column for column in content["columns"]}
    assert columns["home town"]["levels"] == ["Bern", "Genève", "Zürich"]
    assert columns["age"]["types"] == ["number", "text", "null"]
    assert "true or false" in columns["owner"]["types"]
    assert columns["constant"]["reason"] == "holds one value only"
    low, high = columns["since"]["range"]
    assert low.startswith("2020-01")
    assert high.startswith("2022")
    assert content["classes"] == ["bad", "good"]
    assert binary.client.post("/predict", json=content["example"]).json()["warnings"] == []


def test_it_is_alive_and_ready_until_it_stops():
    started = start("binary")
    assert started.client.get("/health").json()["status"] == "ok"
    is_problem(started.client.get("/ready"), 503, "not_ready")
    with started:
        assert started.client.get("/ready").json()["status"] == "ready"
        assert started.client.get("/ping").status_code == 200
        assert started.client.get("/v2/health/ready").json() == {"ready": True}
    is_problem(started.client.get("/ping"), 503, "not_ready")
    assert [line["event"] for line in started.lines if line["event"] in ("ready", "stopped")] == [
        "ready",
        "stopped",
    ]


@pytest.mark.parametrize("layout", ["dataframe_split", "dataframe_records", "instances", "inputs", "csv"])
def test_mlflows_formats_give_mlflows_answer(binary, layout):
    model, X, _ = fitted("binary")
    few = X.head(6)
    if layout == "csv":
        text = few.to_csv(index=False)
        answer = binary.client.post("/invocations", content=text, headers={"Content-Type": "text/csv"})
    else:
        orient = {"dataframe_split": "split", "inputs": "list"}.get(layout, "records")
        table = few.to_dict("list") if orient == "list" else json.loads(few.to_json(orient=orient))
        content = json.loads(json.dumps(table).replace("NaN", "null"))
        answer = binary.client.post("/invocations", json={layout: content})
    assert answer.json() == {"predictions": model.predict(few).tolist()}


def test_missing_numbers_are_nan_as_mlflows_client_writes_them(binary):
    def ask(word):
        body = f'{{"dataframe_records": [{{"age": 40, "amount [CHF]": {word}}}]}}'
        return binary.client.post("/invocations", content=body, headers={"Content-Type": "application/json"})

    assert ask("NaN").json() == ask("null").json()
    is_problem(ask("Infinity"), 400, "malformed_body")
    is_problem(ask("-Infinity"), 400, "malformed_body")


def test_mlflows_params_choose_the_method(binary):
    model, X, _ = fitted("binary")
    body = {"dataframe_records": rows_of("binary", 3)}

    def ask(method):
        return binary.client.post("/invocations", json=body | {"params": {"predict_method": method}})

    np.testing.assert_allclose(ask("predict_proba").json()["predictions"], model.predict_proba(X.head(3)))
    assert ask("decide").json()["predictions"] == model.predict(X.head(3), policy=True).tolist()
    is_problem(ask("explain"), 422, "invalid_request")


def test_open_inference_takes_one_tensor_a_column(binary):
    model, X, _ = fitted("binary")
    rows = rows_of("binary", 3)
    described = binary.client.get("/v2/models/tiny").json()
    inputs = [
        {
            "name": part["name"],
            "datatype": "BOOL" if part["name"] == "owner" else part["datatype"],
            "shape": [3],
            "data": [row[part["name"]] for row in rows],
        }
        for part in described["inputs"]
    ]
    answer = binary.client.post("/v2/models/tiny/infer", json={"id": "mine", "inputs": inputs}).json()
    outputs = {output["name"]: output for output in answer["outputs"]}
    assert answer["id"] == "mine"
    assert [output["name"] for output in described["outputs"]] == list(outputs)
    assert outputs["prediction"]["data"] == model.predict(X.head(3)).tolist()
    assert outputs["probabilities"]["shape"] == [3, 2]
    np.testing.assert_allclose(outputs["probabilities"]["data"], model.predict_proba(X.head(3)).ravel())
    wanted = {"inputs": inputs, "outputs": [{"name": "warnings"}]}
    (said,) = binary.client.post("/v2/models/tiny/infer", json=wanted).json()["outputs"]
    assert said == {"name": "warnings", "datatype": "BYTES", "shape": [3], "data": ["", "", ""]}


def test_open_inference_takes_bytes_behind_the_json(binary):
    texts = b"".join(len(t).to_bytes(4, "little") + t for t in (b"Bern", "Genève".encode()))
    ages = np.array([30.0, math.nan]).tobytes()
    inputs = [
        {"name": "home town", "datatype": "BYTES", "shape": [2, 1]},
        {"name": "age", "datatype": "FP64", "shape": [2]},
    ]
    for part, content in zip(inputs, (texts, ages), strict=True):
        part["parameters"] = {"binary_data_size": len(content)}
    head = json.dumps({"inputs": inputs}).encode()

    def ask(body):
        headers = {"Inference-Header-Content-Length": str(len(head))}
        return binary.client.post("/v2/models/tiny/infer", content=body, headers=headers)

    rows = [{"home town": "Bern", "age": 30.0}, {"home town": "Genève", "age": None}]
    alone = binary.client.post("/predict/batch", json={"rows": rows}).json()["predictions"]
    assert ask(head + texts + ages).json()["outputs"][0]["data"] == [part["prediction"] for part in alone]
    is_problem(ask(head + texts), 422, "invalid_request")
    is_problem(ask(head + texts + ages + b"x"), 400, "malformed_body")


def test_other_models_are_not_served(binary):
    assert "'tiny'" in is_problem(binary.client.get("/v2/models/other"), 404, "unknown_model")["detail"]
    assert binary.client.get("/v2/models/tiny/ready").json()["ready"] is True
    assert binary.client.get("/v2").json()["version"] == "7"
    assert binary.client.get("/version").text == "7"


def test_every_metric_is_there_and_counts_predictions(binary, regression):
    for started in (binary, regression):
        body = {"rows": rows_of("binary", 20)}
        assert started.client.post("/predict/batch", json=body).status_code == 200
        text = started.client.get("/metrics").text
        for metric in METRICS:
            assert f"# TYPE {metric.samples[0] if metric.kind == 'counter' else metric.name} " in text
    assert 'model_predictions_total{prediction="bad"}' in binary.client.get("/metrics").text
    n_rows = sum(line["rows"] for line in regression.lines if line["event"] == "request")
    assert f"model_prediction_value_count {n_rows:.1f}" in regression.client.get("/metrics").text
    assert 'model_info{algorithm="sklearn_logistic_regression",name="tiny",version="7"} 1.0' in (
        binary.client.get("/metrics").text
    )


def test_a_package_with_an_explanation_gives_it():
    from dataclasses import replace

    from service_helpers import Started

    def explain(row):
        return {"contributions": [{"column": name, "value": 0.5} for name in row]}

    with Started(replace(package("binary"), explain=explain)) as started:
        answer = started.client.post("/explain", json=ROW).json()
        assert [part["column"] for part in answer["contributions"]] == list(ROW)
        assert answer["model_version"] == "7"
    with start("binary") as started:
        is_problem(started.client.post("/explain", json=ROW), 404, "not_found")


def test_explanations_wait_as_batches_do_and_too_many_are_sent_away():
    from dataclasses import replace

    from service_helpers import Started

    begun, may_end = threading.Event(), threading.Event()

    def explain(row):
        begun.set()
        may_end.wait(30)
        return {}

    given = replace(package("binary"), explain=explain)
    with Started(given, max_waiting_batches=1) as started, ThreadPoolExecutor() as pool:
        first = pool.submit(started.client.post, "/explain", json=ROW)
        assert begun.wait(30)
        is_problem(started.client.post("/explain", json=ROW), 503, "busy")
        may_end.set()
        assert first.result().status_code == 200


def test_the_page_has_every_route_and_loads_nothing_from_elsewhere(binary):
    page = binary.client.get("/docs").text
    described = binary.client.get("/openapi.json").json()
    assert all(path.replace("{name}", "tiny") in page for path in described["paths"])
    assert "http://" not in page.replace("http://127.0.0.1", "")
    assert "https://" not in page
    for path, methods in described["paths"].items():
        for operation in methods.values():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if body:
                answer = binary.client.post(path.replace("{name}", "tiny"), json=body["example"])
                assert answer.status_code == 200, path


def test_the_documentation_names_every_route_setting_problem_and_kind_of_warning(binary):
    text = (ROOT / "docs" / "serving.md").read_text(encoding="utf-8")
    described = list(binary.client.get("/openapi.json").json()["paths"])
    variables = [setting.variable for setting in SETTINGS]
    assert [name for name in (*described, *variables, *PROBLEMS) if f"{name}`" not in text] == []
    defaults = ServiceSettings()
    for number in (defaults.max_body_bytes, defaults.max_rows, defaults.max_waiting_batches):
        assert f"| {number} |" in text
