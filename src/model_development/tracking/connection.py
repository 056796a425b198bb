"""The way to MLflow: where its store is, and how to reach it without side effects on the user's."""

from __future__ import annotations

import base64
import logging
import os
import urllib.error
import urllib.request
import warnings
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ..errors import TrackingError
from ..settings.credentials import secrets_of, split_credentials, without_credentials

if TYPE_CHECKING:
    from types import ModuleType

    from filelock import FileLock


URI_VARIABLE = "MLFLOW_TRACKING_URI"
NAME_VARIABLE, PASSWORD_VARIABLE = "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"
SQLITE = "sqlite:///"
LOCAL_STORE = "mlflow.db"
LOCAL_ARTIFACTS = "mlartifacts"


def tracking_uri(artifacts_root: Path) -> str:
    """`MLFLOW_TRACKING_URI` where set, else a SQLite file under the artifacts folder.

    A server's name and password are handed to MLflow by the variables that it has for them, so that the
    URI can be shown. A relative SQLite file counts from the working directory.
    """
    given = os.environ.get(URI_VARIABLE)
    return usable(given) if given else sqlite_uri(artifacts_root / LOCAL_STORE)


def usable(uri: str) -> str:
    """Return a tracking URI as MLflow can take it, see `tracking_uri`."""
    if uri.startswith(("http://", "https://")):
        uri, name, password = split_credentials(uri)
        given = {NAME_VARIABLE: name, PASSWORD_VARIABLE: password}
        os.environ.update({variable: value for variable, value in given.items() if value})
    elif uri.startswith(SQLITE) and uri != SQLITE:
        path, mark, query = uri.removeprefix(SQLITE).partition("?")
        if mark and "=" not in query:  # no option, so a part of the path
            path, mark, query = f"{path}?{query}", "", ""
        if not path.startswith(("file:", ":")):
            uri = f"{sqlite_uri(Path(unquote(path)).expanduser().resolve())}{mark}{query}"
    return uri


def sqlite_uri(path: Path) -> str:
    """The URI of a SQLite file; SQLAlchemy reads %3F as a question mark, and a plain one as options."""
    return f"{SQLITE}{str(path).replace('%', '%25').replace('?', '%3F')}"


def point_at(uri: str) -> None:
    """Make MLflow's own functions use a store in this process.

    MLflow writes the choice to the environment too, where the next context would take it for the
    user's; so the variable is put back.
    """
    given = os.environ.get(URI_VARIABLE)
    import_mlflow().set_tracking_uri(uri)
    os.environ.pop(URI_VARIABLE, None)
    if given is not None:
        os.environ[URI_VARIABLE] = given


def import_mlflow() -> ModuleType:
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="IProgress not found")  # widgets that nothing here shows
        import mlflow

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    return mlflow


def local_file(uri: str) -> Path | None:
    """The SQLite file of a store, or None where it is something else."""
    return Path(unquote(uri.removeprefix(SQLITE))) if uri.startswith(SQLITE) and "?" not in uri else None


def shared_folder(uri: str, artifacts_root: Path) -> Path:
    """Where those who share a store see each other's files: beside it, or in the artifacts of a project."""
    is_file = uri.startswith(SQLITE)
    return Path(unquote(uri.removeprefix(SQLITE).partition("?")[0])).parent if is_file else artifacts_root


def creation_lock(uri: str, artifacts_root: Path) -> FileLock:
    from filelock import FileLock

    folder = shared_folder(uri, artifacts_root)
    folder.mkdir(parents=True, exist_ok=True)
    return FileLock(folder / f".{LOCAL_STORE}.lock", timeout=120)


def require_reachable(uri: str) -> None:
    """Ask an HTTP server once, with a short limit: MLflow's own retries take minutes to give up."""
    if not uri.startswith(("http://", "https://")):
        return
    name, password = (os.environ.get(variable, "") for variable in (NAME_VARIABLE, PASSWORD_VARIABLE))
    secret = base64.b64encode(f"{name}:{password}".encode()).decode()
    try:
        request = urllib.request.Request(f"{uri.rstrip('/')}/health")
        if name:
            request.add_header("Authorization", f"Basic {secret}")
        urllib.request.urlopen(request, timeout=10).close()
    except urllib.error.HTTPError:
        return  # it answered; whether it lets us in is MLflow's to find out
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise TrackingError(
            f"The MLflow server {without_credentials(uri)} does not answer "
            f"({without_credentials(str(reason), uri)}). "
            "Start it, correct MLFLOW_TRACKING_URI, or unset it to use a local SQLite file."
        ) from (None if secrets_of(uri) else error)


def first_line(error: BaseException, uri: str = "") -> str:
    """An error of MLflow as one sentence without its point. uri : of the store, whose secrets it may tell."""
    text = without_credentials(str(error).strip().split("\n")[0], uri)
    return (text[:200].rsplit(". ", 1)[0] if len(text) > 200 else text).rstrip(".") or type(error).__name__
