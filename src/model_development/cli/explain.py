"""Why the final model says what it says of one row."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ArtifactsError, DataError, did_you_mean
from .command import Command, CommandResult, add_context

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

SHOWN = 10  # columns in the list for people


def add_arguments(parser: ArgumentParser) -> None:
    add_context(parser)
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--row",
        type=int,
        metavar="N",
        help="the number of a row of the table, from 0, as `row` in row_assignment.parquet and "
        "test_predictions.parquet (default: the first validation row)",
    )
    which.add_argument("--values", metavar="JSON", help='a row of your own: \'{"age": 41, "city": "Bern"}\'')
    which.add_argument("--file", metavar="FILE", help="a JSON file with one row of your own")
    parser.add_argument(
        "--chart", metavar="PNG", help="write a waterfall of the contributions to this file as well"
    )


def run(options: Namespace) -> CommandResult:
    from ..phases.evaluation.explaining import explainer_and_rows, known_row

    own = _own_row(options)  # what is wrong with it is said before a model is loaded
    explainer, rows, folder = explainer_and_rows(options.context)
    if own is not None:
        row: Any = _with_missing(own, explainer.columns)
        ignored = [name for name in own if name not in row]
        about: dict[str, Any] = {"row": "Your row", "source": options.file or "--values", "ignored": ignored}
        if ignored:
            print(f"The model does not use {', '.join(ignored)}.", file=sys.stderr)
    else:
        known = known_row(rows, options.row, folder)
        row = known.values
        about = {"row": f"Row {known.number} ({known.part})", "number": known.number, "part": known.part}
    explained = explainer.explain(row)
    at = explained.labels.index(explained.label)
    table = explained.table
    print(f"{about['row']}: {explained.sentences[0]}")
    print("\n".join(explained.sentences[1:]))
    print(table.head(SHOWN).to_string(index=False))
    content = about | {
        "output_is": explained.phrase,
        "output": float(explained.output[at]),
        "base": float(explained.base[at]),
        "sentences": explained.sentences,
        "contributions": table.to_dict("records"),
    }
    if options.chart:
        content["chart"] = _write_chart(explained.chart, Path(options.chart))
    return CommandResult(0, content)


def _own_row(options: Namespace) -> dict[str, Any] | None:
    """The row that was given, checked as far as it can be without a model; None where none was."""
    if not (options.values or options.file):
        return None
    text, where = options.values, "--values"
    if options.file:
        where = options.file
        try:
            text = Path(options.file).read_text(encoding="utf-8-sig")
        except OSError as error:
            raise DataError(f"{where} cannot be read: {error.strerror}.", where=where) from None
        except UnicodeDecodeError:
            raise DataError(f"{where} is no text in UTF-8: save it as UTF-8.", where=where) from None
    try:
        row = json.loads(text)
    except ValueError as error:
        raise DataError(f"{where} is not valid JSON: {error}.", where=where) from None
    row = row[0] if isinstance(row, list) and len(row) == 1 else row
    if not isinstance(row, dict):
        raise DataError(
            f"{where} must hold one row, an object of column: value.",
            where=where,
            do='give one object, such as {"age": 41}',
        )
    return row


def _with_missing(row: dict[str, Any], columns: list[str]) -> dict[str, Any]:
    """Columns that a row of one's own does not name count as missing; one that seems misspelt is refused."""
    absent = [name for name in columns if name not in row]
    misspelt = [name for name in row if name not in columns and did_you_mean(name, absent)]
    if misspelt or not set(row) & set(columns):
        name = (misspelt or list(row) or [""])[0]
        raise DataError(
            f"The model has no column {name!r}.{did_you_mean(name, absent)} Columns: {', '.join(columns)}.",
            what=f"no column {name!r}",
            allowed=columns,
        )
    return {name: row.get(name) for name in columns}


def _write_chart(chart: Any, path: Path) -> str:
    from ..reports.chart import Chart
    from ..storage.files import replacing

    if not isinstance(chart, Chart):
        return f"not drawn: {getattr(chart, 'reason', 'there is nothing to draw')}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            temporary.write_bytes(chart.png)
    except OSError as error:
        raise ArtifactsError(f"The chart {path} cannot be written: {error.strerror}.", where=path) from None
    return str(path.resolve())


EXPLAIN = Command(
    name="explain",
    help="why the final model says what it says of one row",
    description="Explain one row by the model that phase 2 or 3 handed over: what each column adds, in "
    "sentences. Columns that a row of your own does not name count as missing.",
    add_arguments=add_arguments,
    run=run,
    examples=(
        "model-development explain --row 17",
        'model-development explain --values \'{"age": 41, "city": "Bern"}\' --json',
        "model-development explain --file row.json --chart why.png",
    ),
)
