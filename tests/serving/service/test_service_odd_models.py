"""Models of tables that nobody here has: every route answers, whatever the columns and labels are."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from service_helpers import Started

from model_development.monitoring.reference import Reference
from model_development.pipeline import TabularModel
from model_development.serving.package.opening import ServedPackage
from model_development.serving.served_model import ServedModel

N = 156
RNG = np.random.default_rng(0)
LABELS = {
    "bool": np.array([True, False])[np.arange(N) % 2],
    "whole numbers": np.arange(N) % 3 - 1,
    "26 letters": np.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))[np.arange(N) % 26],
    "odd texts": np.array(['a "b"', "ü\n", "\\"], dtype=object)[np.arange(N) % 3],
}
COLUMNS = {
    'say "x"\\\n': RNG.normal(size=N),
    "a/b?c#{d}": RNG.choice(["1/2", "<b>", "ß"], N),
    "😀": RNG.choice([True, False], N),
    " ": RNG.choice(["1.234,50 EUR", "20,00 EUR", "7,10 EUR"], N),
    "when": pd.Timestamp("1650-03-01") + pd.to_timedelta(RNG.integers(0, 300_000, N), "D"),
    "note": [f"this is the sentence of number {i} of all" for i in range(N)],
    "x" * 300: np.where(RNG.random(N) < 0.5, np.nan, RNG.integers(0, 9, N)),
}


def served(labels, columns):
    X = pd.DataFrame(columns)
    family = "regression" if labels.dtype.kind == "f" else "classification"
    name = "sklearn_ridge" if family == "regression" else "sklearn_decision_tree"
    model = TabularModel(name, family).fit(X, labels)
    reference = Reference.from_rows(X, model.schema_)
    return ServedPackage(Path(), "an odd/{name} ü", "1", ServedModel(model, reference), {}, reference), X


@pytest.mark.whole
@pytest.mark.parametrize("labels", [*LABELS.values(), RNG.normal(size=N)], ids=[*LABELS, "numbers"])
def test_every_route_answers(labels):
    package, X = served(labels, COLUMNS)
    model = package.model.model
    rows = json.loads(X.head(12).to_json(orient="records", date_format="iso"))
    expected = model.predict(X.head(12)).tolist()
    with Started(package) as started:
        client = started.client
        example = client.get("/schema").json()["example"]
        assert set(example) == set(COLUMNS)
        assert client.post("/predict", json=example).status_code == 200
        alone = [client.post("/predict", json=row).json()["prediction"] for row in rows]
        assert alone == pytest.approx(expected) if labels.dtype.kind == "f" else alone == expected
        batch = client.post("/predict/batch", json={"rows": rows}).json()["predictions"]
        assert [answer["prediction"] for answer in batch] == pytest.approx(alone, abs=1e-9)
        scored = client.post("/invocations", json={"dataframe_records": rows}).json()["predictions"]
        assert scored == pytest.approx(alone, abs=1e-9)
        (path,) = [p for p in client.get("/openapi.json").json()["paths"] if p.endswith("/infer")]
        inputs = [tensor(name, [row[name] for row in rows]) for name in COLUMNS]
        found = client.post(path.replace("{name}", "an odd%2F%7Bname%7D ü"), json={"inputs": inputs})
        assert found.status_code in (200, 404)  # a slash in a name is one in the path
        assert client.get("/docs").status_code == 200
        text = client.get("/metrics").text
        assert f'model_rows_total{{route="/predict"}} {len(rows) + 1}.0' in text


def tensor(name, values):
    kinds = {bool: "BOOL", str: "BYTES"}
    datatype = kinds.get(type(values[0]), "FP64")
    return {"name": name, "datatype": datatype, "shape": [len(values)], "data": values}


@pytest.mark.whole
def test_csv_is_read_as_json_is():
    package, X = served(LABELS["bool"], COLUMNS)
    rows = json.loads(X.head(12).to_json(orient="records", date_format="iso"))
    text = io.StringIO()
    csv.writer(text).writerows([list(COLUMNS), *[list(row.values()) for row in rows]])
    with Started(package) as started:
        headers = {"Content-Type": "text/csv"}
        answer = started.client.post("/invocations", content=text.getvalue().encode(), headers=headers)
        expected = started.client.post("/invocations", json={"instances": rows}).json()
        assert answer.json() == expected


@pytest.mark.whole
def test_one_column_and_few_rows_are_enough():
    X = pd.DataFrame({"age": [float(age) for age in range(40)]})
    model = TabularModel("sklearn_logistic_regression").fit(X, np.where(X["age"] > 20, "old", "young"))
    with Started(ServedPackage(Path(), "few", "1", ServedModel(model), {})) as started:
        assert started.client.post("/predict", json={"age": 39}).json()["prediction"] == "old"
        assert started.client.get("/schema").json()["example"] == {"age": 1}
        assert started.client.get("/docs").status_code == 200
