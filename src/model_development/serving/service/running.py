"""The service as a process: a server on an address, with one worker or many."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import SettingsError
from ..package.sums import require_as_written
from .json_log import SERVER_LOGS, JsonLog
from .keys import Keys
from .metrics import MULTIPROCESS
from .settings import ServiceSettings

if TYPE_CHECKING:
    from starlette.applications import Starlette

PACKAGE = "MODEL_PACKAGE"  # folder of the package, for worker processes
GRACE_S = 30  # for requests that are under way at a stop
FACTORY = f"{__name__}:app_from_environment"


def app_from_environment() -> Starlette:
    """The application of the package that MODEL_PACKAGE names: what each worker process runs."""
    from ..package.opening import open_package
    from .application import make_app

    folder = os.environ.get(PACKAGE)
    if not folder:
        raise SettingsError(f"{PACKAGE} names no folder of a package.")
    return make_app(open_package(folder))


def serve(package: Path | str, host: str, port: int, workers: int = 1) -> None:
    """Serve a package until the process is told to stop; requests that are under way are finished.

    Raises ArtifactsError for a package that is none or was changed, SettingsError for a bad environment.
    """
    import uvicorn

    options: dict[str, Any] = {
        "host": host,
        "port": port,
        "access_log": False,  # the service writes lines of its own
        "log_config": SERVER_LOGS,
        "server_header": False,
        "timeout_graceful_shutdown": GRACE_S,
    }
    os.environ[PACKAGE] = str(Path(package).resolve())
    if workers == 1:
        uvicorn.run(app_from_environment(), **options)
        return
    # Said once, here, and not by each worker that would not start.
    require_as_written(Path(package).resolve())
    Keys(ServiceSettings.from_environment(), JsonLog())
    with tempfile.TemporaryDirectory(prefix="metrics_") as folder:
        os.environ.setdefault(MULTIPROCESS, folder)
        uvicorn.run(FACTORY, factory=True, workers=workers, **options)


def address_from_environment() -> tuple[str, int, int]:
    """Return HOST, PORT and WORKERS of the environment, as `serve` takes them.

    Raises SettingsError that names the variable that is none.
    """
    host = os.environ.get("HOST") or "127.0.0.1"
    return host, _whole("PORT", 8000, 65_535), _whole("WORKERS", 1, 1000)


def _whole(variable: str, usual: int, most: int) -> int:
    text = os.environ.get(variable, "").strip() or str(usual)
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= most):
        raise SettingsError(f"{variable} is {text!r}: give a whole number from 1 to {most}.")
    return int(text)
