"""A new local store. Its tables take MLflow seconds: a process of its own can set them up meanwhile."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from .connection import LOCAL_ARTIFACTS, import_mlflow, local_file, sqlite_uri

NEW = ".new-"  # begins the name of a store that is being set up
LONGEST = 60.0  # seconds to wait for the other process
SOURCE = Path(__file__).resolve().parents[2]
_begun: dict[str, tuple[subprocess.Popen[bytes], Path]] = {}  # {URI of the store: (who sets it up, where)}


def create_local_store(uri: str) -> None:
    """Create the SQLite file of a new store, whole or not at all. Call it under the creation lock.

    A process that is killed while it sets up the tables would leave a file that MLflow refuses for ever.
    """
    path = local_file(uri)
    if path is None or path.exists():
        _forget(uri)
        return
    new = path.with_name(f"{NEW}{path.name}")
    for leftover in path.parent.glob(f"{new.name}*"):
        leftover.unlink()
    if not _take(uri, new):
        _set_up(new, path.parent / LOCAL_ARTIFACTS)
    new.replace(path)


def begin_store(uri: str) -> None:
    """Let a process begin with what `create_local_store` will do; a run that is refused leaves nothing."""
    path = local_file(uri)
    if path is None or path.exists() or uri in _begun:
        return
    folder = Path(tempfile.mkdtemp(prefix="model_development_"))
    paths = os.pathsep.join(filter(None, [str(SOURCE), os.environ.get("PYTHONPATH")]))
    process = subprocess.Popen(
        [sys.executable, "-m", __name__, str(folder / path.name), str(path.parent / LOCAL_ARTIFACTS)],
        env=os.environ | {"PYTHONPATH": paths},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _begun[uri] = process, folder / path.name
    atexit.register(_forget, uri)


def _take(uri, new):
    """Move what was begun to `new`; return whether there was something, and it is whole."""
    if uri not in _begun:
        return False
    process, made = _begun[uri]
    try:
        is_whole = process.wait(LONGEST) == 0
        if is_whole:
            shutil.move(made, new)
    except (subprocess.TimeoutExpired, OSError):
        is_whole = False
    _forget(uri)
    return is_whole


def _forget(uri):
    if uri in _begun:
        process, made = _begun.pop(uri)
        process.kill()
        process.wait()
        shutil.rmtree(made.parent, ignore_errors=True)


def _set_up(path, artifacts):
    """Set up the tables of a store in a new file. artifacts : the folder that it names for its files."""
    import_mlflow()
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    SqlAlchemyStore(sqlite_uri(path), artifacts.as_uri()).engine.dispose()


if __name__ == "__main__":
    _set_up(Path(sys.argv[1]), Path(sys.argv[2]))
