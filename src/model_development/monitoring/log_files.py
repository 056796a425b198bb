"""The files of a prediction log: parts that are written whole, one file by process and hour in the end.

    FOLDER/2026-03-01/14_WRITER_0-0.parquet      the first part that this writer wrote in this hour
    FOLDER/2026-03-01/14_WRITER_0-719.parquet    its parts 0 to 719 as one file

A file whose parts another file of its writer and hour holds counts as removed: merging that was cut off by a
kill loses nothing and doubles nothing.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import DataError
from ..storage.files import plain, replacing

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from .prediction_log import Said

NAME = re.compile(r"(?P<hour>\d\d)_(?P<writer>[0-9a-f-]+)_(?P<first>\d+)-(?P<last>\d+)\.parquet")
PROBABILITY = "p_"  # and the class as text
TIME, REQUEST, PREDICTION, INPUTS = "time", "request_id", "prediction", "inputs"
VERSION, DECISION, WARNINGS, LOW, HIGH = "model_version", "decision", "warnings", "low", "high"
LOG_COLUMNS = (TIME, REQUEST, PREDICTION, INPUTS, VERSION, DECISION, WARNINGS, LOW, HIGH)
SETTLED = timedelta(minutes=1)  # after its end an hour's parts are merged
HOUR = "%Y-%m-%d/%H"
MOST_MERGES = 10  # during which a log is read anew


def log_row(
    request_id: str, inputs: Mapping[str, Any] | None, answer: Said, when: datetime
) -> dict[str, Any]:
    """Return what the log has of one answer: labels as text, numbers as such, inputs as JSON."""
    is_number = answer.probabilities is None
    low, high = answer.interval or (None, None)
    probabilities = {} if answer.probabilities is None else answer.probabilities
    return {
        TIME: when,
        REQUEST: request_id,
        PREDICTION: float(answer.prediction) if is_number else str(answer.prediction),
        **{f"{PROBABILITY}{label}": float(p) for label, p in probabilities.items()},
        LOW: low,
        HIGH: high,
        DECISION: None if answer.decision is None else str(answer.decision),
        WARNINGS: list(answer.warnings),
        INPUTS: None if inputs is None else json.dumps(plain(dict(inputs)), ensure_ascii=False),
    }


class LogWriter:
    """Writes rows to the files of one process; for a single thread. model_version : stands in each row."""

    def __init__(self, folder: Path, model_version: str = "") -> None:
        self._folder = folder
        self._version = model_version
        self._name = f"{os.getpid():x}-{secrets.token_hex(4)}"
        self._next: dict[str, int] = defaultdict(int)  # by hour
        self._open: set[str] = set()  # hours with more than one file

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write one part for each hour that rows are of."""
        by_hour = defaultdict(list)
        for row in rows:
            by_hour[row[TIME].strftime(HOUR)].append(row)
        for hour, part in by_hour.items():
            number = self._next[hour]
            path = self._path(hour, number, number)
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_tables(path, [_table(part, self._version)])
            self._next[hour] += 1
            self._open.add(hour)

    def merge(self, now: datetime | None = None) -> None:
        """Make one file of each hour that is over at `now`; of all hours where None."""
        over = None if now is None else (now - SETTLED).strftime(HOUR)
        for hour in [hour for hour in self._open if over is None or hour < over]:
            last = self._next[hour] - 1
            parts = live_files(self._folder, f"{hour}_{self._name}_*.parquet")
            if len(parts) > 1:
                import pyarrow.parquet as pq

                _write_tables(self._path(hour, 0, last), (pq.read_table(part) for part in parts))
                for part in parts:
                    part.unlink(missing_ok=True)
            self._open.discard(hour)

    def _path(self, hour: str, first: int, last: int) -> Path:
        return self._folder / f"{hour}_{self._name}_{first}-{last}.parquet"


def live_files(folder: Path, pattern: str = "*/*.parquet") -> list[Path]:
    """Files of a log that count, in the order of time, writer and part."""
    found = [(match, path) for path in folder.glob(pattern) if (match := NAME.fullmatch(path.name))]
    by_writer = defaultdict(list)
    for match, path in found:
        key = (path.parent.name, match["hour"], match["writer"])
        by_writer[key].append((int(match["first"]), -int(match["last"]), path))
    live = []
    for key in sorted(by_writer):
        reached = -1
        for _, last, path in sorted(by_writer[key]):
            if -last > reached:  # not within one that began no later and reaches as far
                live.append(path)
                reached = -last
    return live


def is_log(folder: Path | str) -> bool:
    """Is this the folder of a prediction log?"""
    return Path(folder).is_dir() and any(
        NAME.fullmatch(path.name) for path in Path(folder).glob("*/*.parquet")
    )


def read_log(folder: Path | str) -> pd.DataFrame:
    """Return all rows in the order of time.

    Columns as `log_row` has them, and `model_version`. Raises DataError that names a file that is damaged.
    """
    import pandas as pd

    tables = _read_live_files(Path(folder))
    if not tables:
        return pd.DataFrame({name: [] for name in (TIME, REQUEST, PREDICTION)})
    return pd.concat(tables, ignore_index=True).sort_values(TIME, kind="stable", ignore_index=True)


def _read_live_files(folder: Path) -> list[pd.DataFrame]:
    for _ in range(MOST_MERGES):
        with suppress(FileNotFoundError):  # its writer has merged it with others since it was listed
            return [_read(path) for path in live_files(folder)]
    raise DataError(f"The files in {folder} change all the time. Try again.")


def _read(path: Path) -> pd.DataFrame:
    import pyarrow.parquet as pq

    try:
        return pq.read_table(path).to_pandas()
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:  # pyarrow raises these
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise DataError(f"{path} is damaged: {reason} Restore it, or take it out of the log.") from error


def _table(rows, version):
    import pyarrow as pa

    texts = {REQUEST: pa.string(), DECISION: pa.string(), INPUTS: pa.string(), LOW: pa.float64()}
    types = texts | {TIME: pa.timestamp("us", tz="UTC"), HIGH: pa.float64(), WARNINGS: pa.list_(pa.string())}
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {
        name: pa.array([row.get(name) for row in rows], type=types.get(name))  # the others' by their values
        for name in names
    }
    return pa.table(columns | {VERSION: pa.array([version] * len(rows), type=pa.string())})


def _write_tables(path: Path, tables: Iterable[pa.Table]) -> None:
    """Write a file whole or not at all, each table as a row group; later ones are cast to the first."""
    import pyarrow.parquet as pq

    with replacing(path) as temporary:
        writer = None
        try:
            for table in tables:
                writer = writer or pq.ParquetWriter(temporary, table.schema, compression="zstd")
                writer.write_table(table.select(writer.schema.names).cast(writer.schema))
        finally:
            if writer is not None:
                writer.close()
