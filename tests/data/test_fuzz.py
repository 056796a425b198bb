"""Whatever table and context the check is given, it ends with exit code 0 or 2, without a traceback."""

import datetime
import decimal
import gzip
import json
import os

import numpy as np
import pandas as pd
import pytest
from conftest import make_table

from model_development.cli.main import run_script

KINDS = ["binary", "multiclass", "regression"]
VALUES = [None, "", " ", "NA", "None", "?", "inf", "-inf", "nan", "1e309", "0", "-0", "1,5", "1.234,5"]
VALUES += ["$3", "12 %", "(3)", "0001-01-01", "9999-12-31", "2024-02-30", "24:00", "true", "FALSE", "é"]
VALUES += ["\u0000", "日本", "🙂", "=1+1", "a\nb", '"', "'", "<b>", "$x_1^2$", "x" * 5000, "1" * 400]
VALUES += [1e308, -1e308, 10**30, 5e-324]
OBJECTS = [b"\x00\xff", [1, 2], {"a": 1}, decimal.Decimal("1.10"), True, 3, 2.5, pd.Period("2020-01")]
OBJECTS += [datetime.date(2020, 1, 1), datetime.time(3, 4), pd.Timedelta("3h")]
OBJECTS += [pd.Timestamp("2020-01-01", tz="Europe/Zurich")]
NAMES = ["", " ", "a__b", "outcome ", "Outcome", "x\ny", "[<]", "0", "1.5", "index", "Unnamed: 0", "target"]
NAMES += ["é" * 80, "row", "fold", "prediction", "@hour", "since@hour", "{x}", "%s", "None", "self"]


def a_column(table, rng, with_target=True):
    names = [name for name in table.columns if with_target or name != "outcome"]
    return names[rng.integers(len(names))] if names else None


def no_rows(table, rng):
    return table.head(int(rng.choice([0, 1, 2, 3, 7, 20])))


def no_columns(table, rng):
    return table[[name for name in table if name == "outcome" or rng.random() < 0.3]]


def repeated_rows(table, rng):
    return pd.concat([table, table.sample(frac=rng.random() * 2, replace=True, random_state=1)])


def one_value(table, rng):
    return table.assign(**{a_column(table, rng): VALUES[rng.integers(len(VALUES))]})


def some_values(table, rng):
    table, name = table.astype(object), a_column(table, rng)
    for position in rng.integers(0, max(1, len(table)), 6) if len(table) else ():
        table.iloc[position, table.columns.get_loc(name)] = VALUES[rng.integers(len(VALUES))]
    return table


def any_values(table, rng):
    return table.assign(
        **{a_column(table, rng): [VALUES[i] for i in rng.integers(0, len(VALUES), len(table))]}
    )


def any_objects(table, rng):
    some = [OBJECTS[i] for i in rng.integers(0, len(OBJECTS), int(rng.integers(1, 4)))]
    column = np.empty(len(table), dtype=object)
    for position in range(len(table)):
        column[position] = some[position % len(some)]
    return table.assign(**{a_column(table, rng): column})


def mostly_missing(table, rng):
    name = a_column(table, rng)
    return table.assign(**{name: table[name].astype(object).mask(rng.random(len(table)) < 0.97)})


def another_name(table, rng):
    return table.rename(columns={a_column(table, rng): NAMES[rng.integers(len(NAMES))]})


def a_name_twice(table, rng):
    return pd.concat([table, table[[a_column(table, rng)]]], axis=1)


def many_columns(table, rng):
    more = pd.DataFrame(rng.normal(size=(len(table), 120)), index=table.index).add_prefix("x")
    return pd.concat([table, more], axis=1)


def huge_scale(table, rng):
    values = rng.normal(size=len(table)) * 10.0 ** rng.integers(-300, 300) + 10.0 ** rng.integers(-300, 300)
    return table.assign(**{a_column(table, rng): values})


def the_target_again(table, rng):
    return table.assign(again=table["outcome"]) if "outcome" in table else table


MUTATIONS = [
    no_rows,
    no_columns,
    repeated_rows,
    one_value,
    some_values,
    any_values,
    any_objects,
    mostly_missing,
]
MUTATIONS += [another_name, a_name_twice, many_columns, huge_scale, the_target_again]
SETTINGS = {
    "problem_type": ["auto", "binary", "multiclass", "regression", "ranking", 3],
    "primary_metric": ["f1_score", "rmse", "accuracy", "nothing"],
    "positive_class": ["bad", 1, True, "nothing", None],
    "split": ["stratified", "time", "group", "column", "other"],
    "time_column": ["since", "age", "home town", "nothing"],
    "group_column": ["home town", "age", "outcome", "nothing"],
    "split_column": ["home town", "nothing"],
    "id_columns": [["age"], ["nothing"], "age", ["outcome"]],
    "drop_columns": [["age", "since"], ["outcome"], []],
    "categorical_columns": [["age"], ["since"], ["nothing"]],
    "fairness_columns": [["age"], ["home town"], ["nothing"]],
    "missing_labels": [["bad"], ["bad", "good"], []],
    "accept": [["target_copy"], ["nothing"]],
    "cv_folds": [2, 3, 50, 1, "5", 2.5],
    "seed": [0, -1, 2**32, None],
    "test_data_path": ["table.csv", "none.csv", ""],
    "time_budget_s": [1, 0, -5, "60"],
    "n_jobs": [0, 1, -2],
    "profile": [False],
    "share_rows": [True, "yes"],
    "unknown": [1],
}


def write_csv(table, folder, rng):
    path = folder / "table.csv"
    encoding = str(rng.choice(["utf-8", "utf-8-sig", "utf-16", "latin-1"]))
    text = table.to_csv(index=bool(rng.random() < 0.2), sep=str(rng.choice([",", ";", "\t", "|"])))
    path.write_bytes(text.encode(encoding, errors="replace"))
    return path


def write_parquet(table, folder, rng):
    path = folder / "table.parquet"
    try:
        table.to_parquet(path)
    except Exception:  # this table has no such form
        return write_csv(table, folder, rng)
    return path


def write_json_lines(table, folder, rng):
    path = folder / "table.jsonl"
    try:
        table.reset_index(drop=True).to_json(path, orient="records", lines=True)
    except Exception:
        return write_csv(table, folder, rng)
    return path


def write_damaged(table, folder, rng):
    path = (write_csv, write_parquet)[rng.integers(2)](table, folder, rng)
    content = bytearray(path.read_bytes())
    for position in rng.integers(0, max(1, len(content)), 5) if content else ():
        content[position] = rng.integers(256)
    path.write_bytes(bytes(content[: int(len(content) * rng.random())]))
    return path


def write_odd(table, folder, rng):
    name, content = [
        ("table.csv", b""),
        ("table.csv", b"\n\n\n"),
        ("table.csv", b"outcome\n"),
        ("table.csv", rng.bytes(3000)),
        ("table.csv.gz", gzip.compress(table.to_csv(index=False).encode())[:200]),
        ("table.parquet", rng.bytes(3000)),
        ("table.xyz", b"a,b\n1,2\n"),
        ("table.zip", rng.bytes(300)),
    ][rng.integers(8)]
    (folder / name).write_bytes(content)
    return folder / name


WRITERS = [write_csv, write_csv, write_csv, write_parquet, write_parquet, write_json_lines]
WRITERS += [write_damaged, write_odd]


def a_context(path, rng):
    spoilt = rng.choice([0, 0, 0, 0.1])
    settings = {
        name: values[rng.integers(len(values))] for name, values in SETTINGS.items() if rng.random() < spoilt
    }
    content = {
        "project": str(rng.choice(["fuzzed", "a/b", "é $x_1$"], p=[0.9, 0.05, 0.05])),
        "epoch_004_outputs": {"feature_data_path": path.name, "target_variable": "outcome"},
        "epoch_005_settings": {"profile": False} | settings,
    }
    if rng.random() < 0.05:
        content[str(rng.choice(list(content)))] = [None, 3, "text", [], {}][rng.integers(5)]
    text = json.dumps(content)
    return text[: int(len(text) * rng.random())] if rng.random() < 0.03 else text


def fuzzed(folder, seed):
    """Write a table and a context of this seed; return the context's path."""
    rng = np.random.default_rng(seed)
    folder.mkdir()
    table = make_table(str(rng.choice(KINDS)), int(rng.choice([60, 240])), seed)
    for number in rng.integers(0, len(MUTATIONS), rng.integers(0, 4)):
        table = MUTATIONS[number](table, rng) if len(table.columns) else table
    table = no_rows(table, rng) if rng.random() < 0.1 else table
    path = WRITERS[rng.integers(len(WRITERS))](table, folder, rng)
    context = folder / "pipeline_context.json"
    context.write_text(a_context(path, rng), encoding="utf-8")
    return context


def check(seeds, folder, capsys):
    """Which exit codes there were."""
    codes = []
    for seed in seeds:
        context = fuzzed(folder / str(seed), seed)
        codes.append(run_script("check", ["--context", str(context)]))
        said = capsys.readouterr().err
        assert codes[-1] in (0, 2), seed
        assert "Traceback" not in said, seed
        assert codes[-1] == 0 or said.startswith("error: "), (seed, said)
    return codes


@pytest.mark.whole
def test_fuzzed_tables_and_contexts_end_with_0_or_2(tmp_path, capsys):
    assert set(check(range(12), tmp_path, capsys)) == {0, 2}


@pytest.mark.slow
def test_many_fuzzed_tables_and_contexts_end_with_0_or_2(tmp_path, capsys):
    first = int(os.environ.get("FUZZ_SEED", "1000"))
    codes = check(range(first, first + int(os.environ.get("FUZZ_N", "200"))), tmp_path, capsys)
    assert set(codes) == {0, 2}
