"""The table of engines. Adding one is one module and one row here."""

from collections.abc import Callable

from ..errors import SettingsError, did_you_mean
from .local import LocalEngine
from .protocol import Engine
from .serial import SerialEngine

ENGINES: dict[str, Callable[[int | None, str], Engine]] = {"local": LocalEngine, "serial": SerialEngine}


def make_engine(name: str, n_jobs: int | None, device: str) -> Engine:
    """Return the engine of this name. Raises SettingsError with the nearest name."""
    if name not in ENGINES:
        raise SettingsError(
            f"`engine` is {name!r}, which is none.{did_you_mean(name, ENGINES)} Known: {', '.join(ENGINES)}."
        )
    return ENGINES[name](n_jobs, device)
