"""The way to MLflow: where its store is, and how to reach it without side effects on the user's."""

import logging
import os
import urllib.error
import urllib.request
import warnings
from pathlib import Path

from ..errors import TrackingError

URI_VARIABLE = "MLFLOW_TRACKING_URI"
LOCAL_STORE = "mlflow.db"
LOCAL_ARTIFACTS = "mlartifacts"
NEW_STORE = ".new-"  # begins the name of a store that is being set up


def tracking_uri(artifacts_root):
    """`MLFLOW_TRACKING_URI` where set, else a SQLite file under the artifacts folder."""
    return os.environ.get(URI_VARIABLE) or f"sqlite:///{artifacts_root / LOCAL_STORE}"


def point_at(uri):
    """Make MLflow's own functions use a store in this process.

    MLflow writes the choice to the environment too, where the next context would take it for the
    user's; so the variable is put back.
    """
    given = os.environ.get(URI_VARIABLE)
    import_mlflow().set_tracking_uri(uri)
    os.environ.pop(URI_VARIABLE, None)
    if given is not None:
        os.environ[URI_VARIABLE] = given


def import_mlflow():
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="IProgress not found")  # widgets that nothing here shows
        import mlflow

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    return mlflow


def local_file(uri):
    """The SQLite file of a store, or None where it is something else."""
    return Path(uri.removeprefix("sqlite:///")) if uri.startswith("sqlite:///") and "?" not in uri else None


def shared_folder(uri, artifacts_root):
    """Where those who share a store see each other's files: beside it, or in the artifacts of a project."""
    is_file = uri.startswith("sqlite:///")
    return Path(uri.removeprefix("sqlite:///")).parent if is_file else artifacts_root


def creation_lock(uri, artifacts_root):
    from filelock import FileLock

    folder = shared_folder(uri, artifacts_root)
    folder.mkdir(parents=True, exist_ok=True)
    return FileLock(folder / f".{LOCAL_STORE}.lock", timeout=120)


def require_reachable(uri):
    """Ask an HTTP server once, with a short limit: MLflow's own retries take minutes to give up."""
    if not uri.startswith(("http://", "https://")):
        return
    try:
        urllib.request.urlopen(f"{uri.rstrip('/')}/health", timeout=10).close()
    except urllib.error.HTTPError:
        return  # it answered; whether it lets us in is MLflow's to find out
    except (OSError, ValueError) as error:
        raise TrackingError(
            f"The MLflow server {uri} does not answer ({getattr(error, 'reason', error)}). "
            "Start it, correct MLFLOW_TRACKING_URI, or unset it to use a local SQLite file."
        ) from error


def create_local_store(uri):
    """Create the SQLite file of a new store, whole or not at all. Call it under the creation lock.

    Setting up the tables takes seconds; a process that is killed meanwhile would leave a file that
    MLflow refuses for ever.
    """
    path = local_file(uri)
    if path is None or path.exists():
        return
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    new = path.with_name(f"{NEW_STORE}{path.name}")
    for leftover in path.parent.glob(f"{new.name}*"):
        leftover.unlink()
    store = SqlAlchemyStore(f"sqlite:///{new}", (path.parent / LOCAL_ARTIFACTS).as_uri())
    store.engine.dispose()
    new.replace(path)


def first_line(error):
    """An error of MLflow as one sentence without its point."""
    text = str(error).strip().split("\n")[0]
    return (text[:200].rsplit(". ", 1)[0] if len(text) > 200 else text).rstrip(".") or type(error).__name__
