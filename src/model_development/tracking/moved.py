"""A project that was moved or copied: its local store still names the place that it came from.

MLflow keeps the places of artifacts as they were when experiment and run began, and would write there again.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote

from .connection import LOCAL_ARTIFACTS

PLACES = {  # columns of MLflow's tables that name a place
    "experiments": ("artifact_location",),
    "runs": ("artifact_uri",),
    "logged_models": ("artifact_location",),
    "model_versions": ("source", "storage_location"),
}
FILE = "file://"
TIMEOUT_S = 60  # until another process has written


def bring_artifacts_here(
    store_file: Path, experiment: str, location: str, artifacts_root: Path
) -> Path | None:
    """Let a SQLite store name the artifacts folder of this project; return the Path that it named, or None.

    experiment, location : name of the project's experiment, and where the store says that its artifacts are.

    In a store inside the artifacts folder, all that has moved along is renamed; in one that stands elsewhere,
    what is found in the new place, or is not in the old one any more. Places that are none of this project's
    making stay as they are.
    """
    new = artifacts_root / LOCAL_ARTIFACTS / experiment
    old = _path(location)
    if old is None or old == new or old.parts[-2:] != new.parts[-2:]:
        return None
    is_inside = store_file.parent == artifacts_root
    names = [location, new.as_uri()]
    if is_inside:
        names = [name.rpartition("/")[0] for name in names]
    everything = is_inside or not old.exists()
    with closing(sqlite3.connect(store_file, timeout=TIMEOUT_S)) as store, store:
        for table, columns in PLACES.items():
            for column in columns:
                _rename(store, table, column, names, lambda uri: everything or _path(uri).exists())
        store.execute(
            "UPDATE experiments SET artifact_location = ? WHERE name = ?", [new.as_uri(), experiment]
        )
    return old.parent.parent


def _rename(store, table, column, names, is_to_be):
    """Put the second of two names for the first, where places in a column begin with it.

    is_to_be : is the outcome a place that shall stand there?
    """
    old, new = names
    found = store.execute(
        f"SELECT rowid, {column} FROM {table} WHERE substr({column}, 1, ?) = ?", [len(old) + 1, f"{old}/"]
    )
    renamed = [(new + place[len(old) :], row) for row, place in found]
    changes = [(place, row) for place, row in renamed if is_to_be(place)]
    store.executemany(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", changes)


def _path(uri):
    """The folder that a URI names, None where it is no local one."""
    return Path(unquote(uri.removeprefix(FILE))) if uri and uri.startswith(f"{FILE}/") else None
