"""Stand-alone notebooks: run without this package, they predict what the package's models predict."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from conftest import write_project

from model_development.data.intake import take_in
from model_development.fitting.budget import sample_rows
from model_development.fitting.worker_steps import fit_rows_of, prepare, quiet
from model_development.models.table import MODELS
from model_development.reports.standalone.notebook import has_standalone, write_standalone
from model_development.reports.standalone.table import read_table
from model_development.settings.context import read_context

pytestmark = pytest.mark.whole

SEED = 3
FAMILY = {"binary": "classification", "multiclass": "classification", "regression": "regression"}
QUICK = {
    "sklearn_random_forest": {"n_estimators": 20},
    "xgboost_baseline": {"n_estimators": 60},
    "lightgbm_baseline": {"n_estimators": 60},
    "catboost_baseline": {"n_estimators": 60},
    "pytorch_nn": {"epochs": 30},
}
HELD_BACK = "model_development,skrub,skops,mlflow"
ROWS = [
    (kind, spec.name)
    for kind, family in FAMILY.items()
    for spec in MODELS.values()
    if family in spec.tasks and has_standalone(spec.name)
]
TOGETHER = ("binary", "regression")  # with every framework; three classes are a process of their own


def mixed_table(kind, n_rows=420, seed=0):
    """Numbers, some with units, short and long categories, codes, dates, booleans; some of each missing."""
    rng = np.random.default_rng(seed)
    amount, age = rng.gamma(2.0, 500.0, n_rows).round(2), rng.integers(18, 90, n_rows)
    town = rng.choice(["Bern", "Zürich", "Genève"], n_rows)
    branch = np.array([f"branch {number}" for number in rng.integers(0, 90, n_rows)], dtype=object)
    signal = amount / 1000 + (town == "Bern") + 0.01 * age + rng.normal(0, 0.3, n_rows)
    table = pd.DataFrame(
        {
            "amount [CHF]": amount,
            "age": age,
            "price": [f"${value:,.2f}" for value in rng.gamma(2.0, 900.0, n_rows)],
            "home town": town,
            "branch": branch,
            "zip": [f"{value:05d}" for value in rng.choice([1234, 2345, 88001, 301], n_rows)],
            "owner": rng.choice([True, False], n_rows),
            "since": (
                pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, n_rows), "D")
            ).strftime("%d.%m.%Y"),
            "constant": 1,
            "outcome": {
                "binary": np.where(signal > np.median(signal), "bad", "good"),
                "multiclass": pd.qcut(signal, 3, labels=["low", "mid", "top"]).astype(str),
                "regression": (signal * 100 + 500).round(3),
            }[kind],
        }
    )
    for name in ("amount [CHF]", "price", "home town", "branch", "since", "owner"):
        table[name] = table[name].astype(object).mask(rng.random(n_rows) < 0.05)
    return table


def written(folder, kind, table, names, settings=None):
    """Write the notebooks of models; return (folder of the notebooks, the intake)."""
    context = read_context(write_project(folder, kind, table, settings))
    intake = take_in(context, with_checks=False)
    table = table_of(folder, intake)
    for name in names:
        write_standalone(table, name, params_of(name), SEED, folder / "notebooks")
    return folder / "notebooks", intake


def table_of(folder, intake):
    """Save the row assignment, and find out how notebooks read the table of a project."""
    location = read_context(folder / "pipeline_context.json").feature_data
    intake.assignment.save(folder / "row_assignment.parquet")
    return read_table(intake.data, intake.assignment, location, folder / "row_assignment.parquet")


def params_of(name):
    return {**MODELS[name].baseline, **QUICK.get(name, {})}


def run_plain(folder, names):
    run_notebooks([folder / f"{name}.ipynb" for name in names])


def run_notebooks(notebooks):
    """Run them in a fresh process, without this package."""
    script = Path(__file__).with_name("plain_process.py")
    done = subprocess.run(
        [sys.executable, script, HELD_BACK, *notebooks], capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr[-3000:]


def expected(intake, name, rows=None, params=None):
    """What the package's model says of the validation rows, fitted on (some of) the training rows."""
    data, options = intake.data, {"seed": SEED, "device": "cpu", "n_jobs": 1}
    model = prepare(name, params or params_of(name), data, options)
    fit_rows_of(model, data, np.arange(len(data.X_train)) if rows is None else rows)
    with quiet():
        return model.predict_matrix(model.to_matrix(data.X_validation))


def difference(folder, intake, name, wanted=None):
    """The largest difference of the notebook's predictions, of numbers in parts of the target's spread."""
    error = folder / f"{name}.error"
    assert not error.exists(), error.read_text()[-3000:]
    predictions = pd.read_parquet(folder / f"{name}.parquet")
    wanted = expected(intake, name) if wanted is None else wanted
    found = predictions.to_numpy() if wanted.ndim == 2 else predictions["prediction"].to_numpy()
    unit = 1.0 if intake.data.task.has_classes else np.std(intake.data.y_train.astype(float))
    assert found.shape == wanted.shape
    return np.abs(found - wanted).max() / unit


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """ran(kind, what): where the notebooks of "models" or "variants" were run, and the intake."""

    @cache
    def run(kinds):
        made, notebooks = {}, []
        for kind in kinds:
            for what, write in {"models": of_models, "variants": of_variants}.items():
                made[kind, what] = write(tmp_path_factory.mktemp(f"{kind}_{what}"), kind)
                notebooks += sorted(made[kind, what][0].glob("*.ipynb"))
        run_notebooks(notebooks)
        return made

    return lambda kind, what="models": run(TOGETHER if kind in TOGETHER else (kind,))[kind, what]


def of_models(folder, kind):
    return written(folder, kind, mixed_table(kind), [name for of, name in ROWS if of == kind])


def of_variants(folder, kind):
    notebooks, intake = written(folder, kind, mixed_table(kind), [])
    table = table_of(folder, intake)
    for title, (name, params) in variants(kind).items():
        write_standalone(table, name, params, SEED, notebooks, name=title)
    return notebooks, intake


def variants(kind):
    """{name of the notebook: (model, parameters)}"""
    return {f"{number} {row[0]}": row for number, row in enumerate(VARIANTS.get(kind, ()))}


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        pytest.param(kind, name, marks=() if kind in TOGETHER else pytest.mark.slow, id=f"{kind}-{name}")
        for kind, name in ROWS
    ],
)
def test_a_notebook_predicts_the_same_without_this_package(kind, name, ran):
    folder, intake = ran(kind)
    assert difference(folder, intake, name) <= 1e-6


def alone(folder, kind, table, names=("sklearn_logistic_regression",), settings=None):
    """Write and run notebooks; return (folder, intake, code of the first one)."""
    folder, intake = written(folder, kind, table, names, settings)
    run_plain(folder, names)
    return folder, intake, code_of(folder / f"{names[0]}.ipynb")


def code_of(path):
    cells = nbformat.read(path, as_version=4).cells
    return "\n".join(cell.source for cell in cells if cell.cell_type == "code")


def test_sentences_are_prepared_the_same(tmp_path):
    rng = np.random.default_rng(0)
    table = mixed_table("binary")[["age", "outcome"]]
    words = ["late", "paid", "twice", "never", "order", "parcel", "broken", "fine", "thanks", "refund"]
    table["note"] = [" ".join(rng.choice(words, 7)) for _ in range(len(table))]
    table.loc[::15, "note"] = np.nan
    names = ["sklearn_logistic_regression", "lightgbm_baseline", "pytorch_nn"]
    folder, intake, code = alone(tmp_path, "binary", table, names)
    assert intake.data.schema.names("text") == ["note"]
    assert "TfidfVectorizer" in code
    assert max(difference(folder, intake, name) for name in names) <= 1e-6


VARIANTS = {  # parameters that a search may find, each of which changes the code
    "binary": [
        ("sklearn_logistic_regression", {"C": 10, "solver": "saga", "class_weight": "balanced"}),
        ("sklearn_random_forest", {"max_depth": 5, "max_features": 0.5, "n_estimators": 20}),
        ("xgboost_baseline", {"n_estimators": 30, "early_stopping_rounds": None}),
        ("xgboost_baseline", {"n_estimators": 60, "class_weight": "sqrt_balanced"}),
        ("lightgbm_baseline", {"n_estimators": 60, "class_weight": "sqrt_balanced"}),
        (
            "lightgbm_baseline",
            {"n_estimators": 30, "class_weight": "balanced", "early_stopping_rounds": None},
        ),
        ("catboost_baseline", {"n_estimators": 30, "depth": 3, "class_weight": "balanced"}),
        ("catboost_baseline", {"n_estimators": 30, "early_stopping_rounds": None}),
        (
            "tensorflow_nn",
            {"batch_size": 32, "layer1_units": 32, "n_layers": 3, "activation": "gelu"}
            | {"class_weight": "balanced", "input_form": "scaled", "optimizer": "sgd", "learning_rate": 0.01},
        ),
        (
            "pytorch_nn",
            {"dropout": 0.0, "layer2_units": 16, "epochs": 20, "n_layers": 1, "activation": "silu"}
            | {"class_weight": "sqrt_balanced", "input_form": "binned", "optimizer": "sgd"},
        ),
    ],
    "regression": [
        ("sklearn_linear_regression", {"regularization": "ridge", "alpha": 1}),
        ("sklearn_linear_regression", {"regularization": "lasso", "alpha": 0.01}),
        ("statsmodels_glm", {"family": "poisson", "link": "log"}),
        ("statsmodels_glm", {"family": "gaussian", "link": "identity"}),
        ("statsmodels_glm", {"family": "poisson", "link": "sqrt"}),
        ("sklearn_random_forest", {"criterion": "poisson", "n_estimators": 10}),
        ("xgboost_baseline", {"objective": "count:poisson", "n_estimators": 30}),
        ("xgboost_baseline", {"objective": "reg:squaredlogerror", "n_estimators": 30}),
        ("catboost_baseline", {"loss_function": "Poisson", "n_estimators": 30}),
        ("lightgbm_baseline", {"objective": "l1", "n_estimators": 30}),
    ],
}


@pytest.mark.parametrize("kind", VARIANTS)
def test_the_code_follows_the_parameters(kind, ran):
    folder, intake = ran(kind, "variants")
    for title, (name, params) in variants(kind).items():
        wanted = expected(
            intake, name, params={**MODELS[name].baseline_of(intake.data.task.family), **params}
        )
        assert difference(folder, intake, title, wanted) <= 1e-6, params


def test_a_model_of_a_part_of_the_rows_is_repeated_on_these(tmp_path):
    table, name = mixed_table("regression"), "lightgbm_baseline"
    table["amount [CHF]"] = [
        f"({x:.2f})" if n % 3 else f"{x:.2f} EUR" for n, x in enumerate(table["age"] + 0.5)
    ]
    folder, intake = written(tmp_path, "regression", table, [])
    read = table_of(tmp_path, intake)
    rows = sample_rows(len(intake.data.X_train), 0.6, SEED)
    write_standalone(read, name, params_of(name), SEED, folder, name="part", rows=rows)
    run_plain(folder, ["part"])
    assert read.prepared_names == ["amount [CHF]"]
    assert difference(folder, intake, "part", expected(intake, name, rows)) <= 1e-6


def test_the_test_rows_are_not_used(tmp_path):
    table, name = mixed_table("binary"), "sklearn_logistic_regression"
    folder, intake = written(tmp_path, "binary", table, [name])
    rows = intake.assignment.rows[intake.assignment.parts == "test"]
    table.loc[rows, ["age", "amount [CHF]"]] = 10**9
    table.loc[rows, "home town"], table.loc[rows, "outcome"] = "nowhere", "neither"
    table.to_csv(tmp_path / "table.csv", index=False)
    run_plain(folder, [name])
    assert difference(folder, intake, name) == 0


def test_a_notebook_has_one_parameters_cell_no_outputs_and_short_cells(ran):
    for kind, name in (row for row in ROWS if row[0] in TOGETHER):
        cells = nbformat.read(ran(kind)[0] / f"{name}.ipynb", as_version=4).cells
        codes = [cell for cell in cells if cell.cell_type == "code"]
        tagged = [cell for cell in codes if "parameters" in cell.metadata.get("tags", [])]
        assert tagged == [codes[0]]
        assert not any(cell.outputs for cell in codes)
        assert max(len(cell.source.splitlines()) for cell in codes) <= 90
        assert max(len(line) for cell in codes for line in cell.source.splitlines()) <= 120
        assert "model_development" not in "".join(cell.source for cell in codes)


def test_a_table_of_every_usual_writing_needs_no_prepared_column(ran):
    for kind in TOGETHER:
        assert not (ran(kind)[0] / "prepared_columns.parquet").exists()


@pytest.fixture(scope="module")
def from_file(tmp_path_factory):
    """from_file(name): the code of the notebook of a simple model for such a file; all ran in one process."""
    made = {name: written_for(tmp_path_factory.mktemp("of_file"), name) for name in FILES}
    run_notebooks([folder / f"{model}.ipynb" for folder, _, model in made.values()])

    def code(name):
        folder, intake, model = made[name]
        assert difference(folder, intake, model) <= 1e-9
        return code_of(folder / f"{model}.ipynb")

    return code


def written_for(folder, name):
    """Write the file and its notebook; return (folder of the notebook, the intake, the model)."""
    kind, write = FILES[name]
    write(mixed_table(kind), folder / name)
    context = write_project(folder, kind)
    content = json.loads(context.read_text(encoding="utf-8"))
    content["epoch_004_outputs"]["feature_data_path"] = name
    context.write_text(json.dumps(content), encoding="utf-8")
    intake = take_in(read_context(context), with_checks=False)
    model = {"regression": "sklearn_linear_regression"}.get(kind, "sklearn_logistic_regression")
    write_standalone(table_of(folder, intake), model, params_of(model), SEED, folder / "notebooks")
    return folder / "notebooks", intake, model


def as_types_of_pandas(table):
    kinds = {"home town": "category", "age": "Int64", "owner": "boolean", "branch": "string"}
    since = pd.to_datetime(table["since"], format="%d.%m.%Y").dt.tz_localize("UTC")
    return table.astype({"owner": "boolean"}).astype(kinds).assign(since=since)


def with_odd_numbers(table):
    """Two ways to write what is negative, and a unit here and there."""
    for name in ("amount [CHF]", "outcome"):
        numbers = table[name].fillna(0).round(2).tolist()
        table[name] = [f"({x})" if n % 3 else f"{x} EUR" for n, x in enumerate(numbers)]
    return table


FILES = {  # name: (kind of problem, how the table is written)
    "german.csv": (
        "binary",
        lambda table, path: table.to_csv(path, sep=";", decimal=",", index=False, encoding="cp1252"),
    ),
    "packed.csv.gz": ("binary", lambda table, path: table.to_csv(path, index=False)),
    "typed.parquet": ("binary", lambda table, path: as_types_of_pandas(table).to_parquet(path)),
    "named_index.parquet": ("binary", lambda table, path: table.set_index("age").to_parquet(path)),
    "lines.jsonl": ("binary", lambda table, path: table.to_json(path, orient="records", lines=True)),
    "odd.csv": ("regression", lambda table, path: with_odd_numbers(table).to_csv(path, index=False)),
    "book.xlsx": ("binary", lambda table, path: table.to_excel(path, index=False)),
}


@pytest.mark.parametrize("name", [name for name in FILES if name not in ("odd.csv", "book.xlsx")])
def test_a_file_is_read_by_a_line_of_pandas(name, from_file):
    code = from_file(name)
    assert f"table = pd.read_{Path(name).suffixes[0][1:].replace('jsonl', 'json')}(table_path" in code
    assert "prepared" not in code


def test_columns_and_targets_that_no_line_reads_are_handed_over(from_file):
    code = from_file("odd.csv")
    assert 'for name in ["amount [CHF]"]:\n    clean[name] = prepared[name]' in code
    assert 'target = prepared["target"].to_numpy()' in code


def test_a_workbook_is_handed_over_as_it_was_read(from_file):
    code = from_file("book.xlsx")
    assert "table_path" not in code
    assert 'target = prepared["target"].to_numpy()' in code
    assert "as_text(prepared[name])" in code


def test_targets_and_names_of_every_kind(tmp_path):
    n_rows, name = 420, "sklearn_logistic_regression"
    is_bad = (mixed_table("binary", n_rows)["outcome"] == "bad").to_numpy()
    targets = {
        "whole": np.where(is_bad, 3, 1),
        "true": is_bad,
        "gaps": pd.Series(np.where(is_bad, 1, 0), dtype=object).mask(np.arange(n_rows) % 9 == 0),
        "blanks": np.where(is_bad, " bad", "good "),
        "none": np.where(is_bad, "None", "Some"),
    }
    names = {
        "age": "it's",
        "amount [CHF]": 'a "b" {x}',
        "home town": "new\nline",
        "since": "größe\\",
        "zip": "name",
    }
    ran = {}
    for title, target in targets.items():
        table = mixed_table("binary", n_rows).rename(columns=names).assign(outcome=target)
        ran[title] = written(tmp_path / title, "binary", table, [name])
    run_notebooks([folder / f"{name}.ipynb" for folder, _ in ran.values()])
    assert {title: difference(*place, name) for title, place in ran.items()} == dict.fromkeys(targets, 0)
