"""The first cells of a notebook: parameters, imports, rows, columns, target."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ...data.splitting.assignment import TRAIN, VALIDATION
from .cells import PARAMETERS, Step, listed
from .columns import HELPERS
from .reading import BUNDLED, PATH

if TYPE_CHECKING:
    from .table import StandaloneTable


MOST_UP = 4  # folders above a notebook, up to which what lies there belongs to the project
PREPARED = "prepared_columns.parquet"
TEXT_OF_COLUMNS = (
    "The columns as numbers, where NaN is missing, and as text, where None is missing. Of a date a model "
    "sees days, month, weekday and hour."
)
ROWS = Step(
    "Which row of the table trains and which one validates was drawn once, and is kept in a file. No test "
    "row is used here.",
    f"""
rows = pd.read_parquet(rows_path)
train_rows = rows.loc[rows["part"] == "{TRAIN}", "row"].to_numpy()
validation_rows = rows.loc[rows["part"] == "{VALIDATION}", "row"].to_numpy()
n_train = len(train_rows)
print(n_train, "training rows,", len(validation_rows), "validation rows")
""",
)
SOME_ROWS = Step(
    "The time allowed for a part of the training rows: their positions among all training rows.",
    """
n_all, fitted = len(train_rows), np.load(fitted_rows_path)
train_rows = train_rows[fitted]
n_train = len(train_rows)
""",
)
SOME_PREPARED = """\
taken = np.concatenate([fitted, np.arange(n_all, len(prepared))])
prepared = prepared.iloc[taken].reset_index(drop=True)"""
TAKE = "raw = table.iloc[np.concatenate([train_rows, validation_rows])].reset_index(drop=True)"
THREADS = """
import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
    os.environ[variable] = "{threads}"
os.environ["TF_NUM_INTEROP_THREADS"] = "1"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
"""


def parameter_step(table: StandaloneTable, folder: Path, others: dict[str, Path]) -> Step:
    """The paths. folder : of the notebook. others : {variable: path} beside table and rows."""
    paths = {"rows_path": table.rows_path} | others
    if table.prepared_names:
        paths["prepared_path"] = folder / PREPARED
    code = [f"{name} = {_from(folder, path)!r}" for name, path in paths.items()]
    if table.reading is not None and not table.location.startswith(BUNDLED):
        is_file = "://" not in table.location
        location = _from(folder, table.location) if is_file else table.location
        code.insert(0, f"{PATH} = {location!r}")
    text = "Where the files are; relative paths count from the folder of this notebook."
    return Step(text, "\n".join(code), PARAMETERS)


def import_steps(imports: Iterable[str], threads: int) -> list[Step]:
    """Threads, which count before the first import, and imports."""
    text = (
        "How many threads add up decides the last digits of a sum, so their number is set first; no graphics "
        "card is used."
    )
    code = "\n".join(_joined({"import numpy as np", "import pandas as pd", *imports}))
    return [Step(text, THREADS.format(threads=threads)), Step("", code)]


def _joined(imports):
    """Lines of imports in order, one for all names of a module."""
    modules = sorted(line for line in imports if line.startswith("import "))
    names: dict[str, list[str]] = {}
    for line in sorted(imports - set(modules)):
        head, _, name = line.rpartition(" import ")
        names.setdefault(head, []).append(name)
    return modules + [f"{head} import {', '.join(found)}" for head, found in names.items()]


def row_steps(table: StandaloneTable, has_all_rows: bool) -> list[Step]:
    """From the files to `raw` and `prepared`, training rows first.

    has_all_rows : are all training rows fitted?
    """
    steps = [ROWS, *([] if has_all_rows else [SOME_ROWS])]
    if table.reading is not None:
        steps.append(
            Step("The table: training rows first, then validation rows.", f"{table.reading}\n{TAKE}")
        )
    names = table.prepared_names
    if names:
        shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
        text = (
            f"Of {len(names)} columns ({shown}) the values are written in ways that would take a page of "
            "code to read. They are taken as numbers and text from a file beside this notebook."
        )
        code = "prepared = pd.read_parquet(prepared_path)"
        steps.append(Step(text, code if has_all_rows else f"{code}\n{SOME_PREPARED}"))
    return steps


def target_step(table: StandaloneTable) -> Step:
    """Sets `target`, shape (n_rows,): training rows first."""
    name = table.data.task.target
    code = f"prepared[{table.target_column!r}].to_numpy()"
    if table.target_code is not None:
        code = table.target_code.replace("[name]", f"[{name!r}]")
    return Step("What is to be predicted.", f"target = {code}")


def column_steps(table: StandaloneTable) -> list[Step]:
    """From `raw` and `prepared` to the table `clean`."""
    columns = table.columns
    texts = list(columns.prepared.select_dtypes(object))
    numbers = [name for name in columns.prepared if name not in texts]
    lines = ["clean = {}"]
    for kind, by_code in columns.lines.items():
        lines += [_loop(names, _filling(kind, line)) for line, names in by_code.items()]
    if numbers:
        lines.append(_loop(numbers, "clean[name] = prepared[name]"))
    if texts:
        lines.append(_loop(texts, "clean[name] = as_text(prepared[name])"))
    code = "\n".join([*lines, "clean = pd.DataFrame(clean)"])
    helpers = [text for name, text in HELPERS.items() if name in code]
    tools = [Step("Small tools for the columns.", "\n\n\n".join(helpers))] if helpers else []
    return [*tools, Step(TEXT_OF_COLUMNS, code)]


def _loop(names, line):
    head = "for name in "
    return f"{head}{listed(names).replace(chr(10), chr(10) + ' ' * len(head))}:\n    {line}"


def _filling(kind, line):
    if kind != "date":
        return f"clean[name] = {line}"
    return f'for part, values in date_parts({line}).items():\n        clean[f"{{name}}@{{part}}"] = values'


def _from(folder, path):
    """A path as a notebook of the folder writes it: relative to it, so that a project may be moved whole."""
    path = Path(path).absolute()
    try:
        relative = Path(os.path.relpath(path, folder))
    except ValueError:  # on another drive
        return path.as_posix()
    return (relative if relative.parts.count("..") <= MOST_UP else path).as_posix()
