"""Parts of a package: its source, its requirements, its types, its made-up rows."""

import ast
import json
import sys

import numpy as np
import pandas as pd
import pytest

from model_development.data.columns.schema import Column, TableSchema
from model_development.errors import ArtifactsError
from model_development.monitoring.reference import Reference
from model_development.pipeline import TabularModel
from model_development.serving.package.api_part import schema_fields
from model_development.serving.package.draft import in_one_line, rendered
from model_development.serving.package.requirements import requirement_lines
from model_development.serving.package.source_closure import SOURCE, packages_at_import, source_files
from model_development.serving.package.typical_rows import equal_rows, typical_rows, unlike

NAMES = (
    "amount [CHF]",
    "größe",
    "größe ",
    "123",
    "class",
    "def",
    'quo"te\\',
    "a" * 200,
    "rows",
    "%s {x}",
)


def test_the_source_of_a_service_has_no_tracking_and_no_training():
    rooms = {path.parts[0] for path in source_files()}
    assert {"serving", "models", "storage", "explanation", "saved.py"} <= rooms
    assert not {"tracking", "fitting", "phases", "search", "cli", "execution"} & rooms


def test_imports_within_functions_are_followed_and_those_of_type_checkers_are_not():
    found = source_files(("explanation.explain_row",))
    assert (SOURCE / "reports" / "explanation_plots.py").relative_to(SOURCE) in found
    assert (SOURCE / "pipeline.py").relative_to(SOURCE) not in source_files(("explanation.words",))
    assert "matplotlib" not in packages_at_import()


def test_a_module_that_is_not_there_is_said():
    with pytest.raises(LookupError, match=r"serving\.nothing does not exist"):
        source_files(("serving.nothing",))


def test_requirements_are_exact_and_leave_gpu_libraries_out():
    lines = requirement_lines({"xgboost": "3.2.0", "numpy": "2.0"})
    named = [line for line in lines if not line.startswith("#")]
    assert all("==" in line and "+" not in line for line in named)
    assert any(line.startswith("xgboost-cpu==") for line in named)
    assert not [line for line in named if line.startswith("nvidia")]
    assert {"fastapi", "uvicorn", "scipy"} <= {line.partition("==")[0] for line in named}


def test_a_package_that_is_not_installed_is_said():
    with pytest.raises(ArtifactsError, match="pip install no-such-package"):
        requirement_lines({"no-such-package": "1.0"})


def types_of(columns, others=()):
    """The generated module as Python has it."""
    fields = schema_fields(columns, others)
    text = rendered("schemas.py", name="tiny", n_columns=len(fields), columns=fields)
    ast.parse(text)
    module = {"__name__": "generated"}
    sys.modules.setdefault("generated", type(sys)("generated"))
    exec(text, module)
    return module


def test_any_column_name_has_its_place_among_the_types():
    row = dict.fromkeys(NAMES, 1.5)
    types = types_of(tuple(Column(name, "number") for name in NAMES))
    assert types["Row"](**row).model_dump(by_alias=True) == row
    assert types["Row"]().model_dump(by_alias=True) == dict.fromkeys(NAMES)


def test_types_are_strict():
    columns = (
        Column("n", "number"),
        Column("c", "category", levels=("a", "b")),
        Column("f", "number", flags=("0", "1")),
    )
    Row = types_of(columns, others=("sum",))["Row"]
    assert Row(n=1, c="new", f=True, sum=3).model_dump(exclude_unset=True, by_alias=True)["f"] is True
    for wrong in ({"n": True}, {"n": [1]}, {"n": float("nan")}, {"other": 1}, {"sum": False}):
        with pytest.raises(ValueError, match="column|other|n|sum"):
            Row(**wrong)


@pytest.mark.whole
def test_made_up_rows_are_read_as_the_column_is_written():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "price": [f"{value:.2f}".replace(".", ",") for value in rng.gamma(2, 300, 120)],
            "day": (pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.integers(0, 400, 120), "D")).strftime(
                "%d.%m.%Y"
            ),
            "town": rng.choice(["Bern", "Zürich"], 120),
            "paid": rng.choice(["yes", "no"], 120),
            "count": rng.integers(0, 9, 120),
            "gap": np.where(rng.random(120) < 0.5, np.nan, 3.5),
        }
    )
    y = np.where(table["town"] == "Bern", "a", "b")
    model = TabularModel("dummy_floor", "classification").fit(table, y)
    reference = Reference.from_rows(table, model.schema_)
    rows = typical_rows(reference, model.schema_, 50)
    json.dumps(rows, allow_nan=False)
    clean = model.schema_.clean(pd.DataFrame(rows, dtype=object))
    assert clean.notna().all().all()
    original = model.schema_.clean(table)
    for name in clean.select_dtypes(float):
        low, high = original[name].min(), original[name].max()
        assert clean[name].between(low - 1e-3 * abs(low), high + 1e-3 * abs(high)).all()
    assert set(rows[0]) == set(model.schema_.names())


def test_a_made_up_row_that_is_one_of_the_table_loses_values_until_it_is_none():
    table = pd.DataFrame({"a": ["x", "y"] * 40, "b": ["u", "u", "v", "v"] * 20})
    schema = TableSchema((Column("a", "category"), Column("b", "category")))
    rows = typical_rows(Reference.from_rows(table, schema), schema, 20)
    assert all(equal_rows(rows, table, schema))
    changed = unlike(rows, table, schema, keep=("a",))
    assert not any(equal_rows(changed, table, schema))
    assert {row["a"] for row in changed} <= {"x", "y"}
    assert {row["b"] for row in changed} == {None}


def test_dates_beyond_those_of_nanoseconds_are_made_up_too():
    days = np.where(np.arange(80) % 2, "9999-12-31", "1066-10-14").tolist()
    table, schema = pd.DataFrame({"until": days}), TableSchema((Column("until", "date"),))
    rows = typical_rows(Reference.from_rows(table, schema), schema, 20)
    assert {row["until"] for row in rows} <= {"9999-12-31", "1066-10-14"}
    assert all(equal_rows(rows, table, schema))


def test_a_name_of_any_characters_leaves_the_files_what_they_are():
    for template in ("app.py", "schemas.py"):
        ast.parse(rendered(template, name=in_one_line('C:\\new\\"""\nx'), n_columns=0, columns=[]))
