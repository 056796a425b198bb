"""A config file at work: its context, and its settings for this run."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from ..settings.config import RunConfig


WRITTEN_FROM = "config_file"  # key of a context that was written here: it is written anew, and not added to


def add_config(parser: ArgumentParser) -> None:
    """Give a parser the flag of commands that take a config file."""
    parser.add_argument(
        "--config",
        metavar="FILE",
        help="YAML file with the context or project, data and target, settings, models and search, such as "
        "config/model_config.yaml; flags go before what it says",
    )


@contextmanager
def configured(path: str) -> Iterator[tuple[RunConfig, Path]]:
    """Read a config file and let its settings hold in the block; yields (content, the context file).

    Raises SettingsError or ContextError for a file that says nothing sensible.
    """
    from ..settings.config import read_config
    from ..settings.context import resolve_path
    from ..settings.overrides import OUTPUTS_KEY, merged, overrides_of, overriding
    from ..settings.settings import SETTINGS_KEY

    file = resolve_path(path, "The config file")
    config, settings = read_config(file)
    if config.context is None:
        context = _write_context(file, config, settings)
        settings = {}
    else:
        context = resolve_path(file.parent / config.context, "`context`")
    of_line = {SETTINGS_KEY: overrides_of(SETTINGS_KEY), OUTPUTS_KEY: overrides_of(OUTPUTS_KEY)}
    with overriding(merged({SETTINGS_KEY: settings}, of_line)):
        yield config, context


def _write_context(file: Path, config: RunConfig, settings: dict[str, Any]) -> Path:
    """Write project, data, target and settings as a context file in a folder of its own; return its path."""
    from ..settings.context import read_raw_context
    from ..settings.overrides import OUTPUTS_KEY
    from ..settings.settings import SETTINGS_KEY
    from ..storage.context_file import update_context
    from ..storage.files import write_text

    folder = (file.parent / (config.folder or str(config.project))).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "pipeline_context.json"
    content: dict[str, Any] = {
        "project": config.project,
        WRITTEN_FROM: file.name,
        OUTPUTS_KEY: {
            "feature_data_path": _seen_from(folder, file.parent, str(config.data)),
            "target_variable": config.target,
        },
        SETTINGS_KEY: settings,
    }
    if path.is_file():
        before = read_raw_context(path)
        if WRITTEN_FROM not in before:  # somebody else's: what this file does not name stays
            content |= {key: (before.get(key) or {}) | content[key] for key in (OUTPUTS_KEY, SETTINGS_KEY)}
        update_context(path, content)
    else:
        write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    return path


def _seen_from(folder: Path, here: Path, location: str) -> str:
    """A relative path of the config file as the context file has it; URIs and absolute paths stay.

    Of a database in a file the path is made absolute.
    """
    from ..settings.context import locate

    if re.match(r"^sqlite[+\w]*:", location):
        return locate(location, here, "data")
    if re.match(r"^[A-Za-z][A-Za-z0-9+.-]+:", location) or location.startswith("~"):
        return location
    if Path(location).is_absolute():
        return location
    return Path(os.path.relpath(here / location, folder)).as_posix()
