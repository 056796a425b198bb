"""`--set key=value`: settings of one run, in place of what the context file says.

They go by the environment, so that a notebook's kernel knows them as well; the context file stays as it is.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from ..errors import SettingsError, did_you_mean
from .settings import SETTINGS_KEY, Settings

ENVIRONMENT = "MODEL_DEVELOPMENT_SET"
OUTPUTS_KEY = "epoch_004_outputs"
OUTPUTS = ("feature_data_path", "target_variable", "feature_names")
NAME_LISTS = ("feature_names", "missing_labels")


def parse_overrides(assignments: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return {"epoch_005_settings": {...}, "epoch_004_outputs": {...}} of texts such as "cv_folds=3".

    A value is JSON where it can be read as such, else text; of settings that list columns also names with
    commas. Raises SettingsError for a text without "=" and for an unknown key.

    >>> parse_overrides(["cv_folds=3", "decisions.costs.false_positive=2", "target_variable=class"])
    {'epoch_005_settings': {'cv_folds': 3, 'decisions': {'costs': {'false_positive': 2}}}, \
'epoch_004_outputs': {'target_variable': 'class'}}
    """
    found: dict[str, dict[str, Any]] = {SETTINGS_KEY: {}, OUTPUTS_KEY: {}}
    for text in assignments:
        key, equals, value = text.partition("=")
        if not equals:
            raise SettingsError(f"--set {text!r} must be KEY=VALUE, such as cv_folds=3.", where="--set")
        section, path = _place(key.strip())
        inner: dict[str, Any] = {path[-1]: _value(path[0], value)}
        for name in reversed(path[:-1]):
            inner = {name: inner}
        found[section] = merged(found[section], inner)
    return found


def _place(key):
    path = key.split(".")
    if path[0] in (SETTINGS_KEY, OUTPUTS_KEY) and len(path) > 1:
        section, path = path[0], path[1:]
    else:
        section = OUTPUTS_KEY if path[0] in OUTPUTS else SETTINGS_KEY
    known = OUTPUTS if section == OUTPUTS_KEY else tuple(Settings.model_fields)
    if path[0] not in known:
        every = [*Settings.model_fields, *OUTPUTS]
        raise SettingsError(
            f"--set: `{key}` is unknown.{did_you_mean(path[0], every)} Known: {', '.join(every)}.",
            what=f"`{key}` is unknown",
            where="--set",
            allowed=every,
        )
    return section, path


def _value(name, text):
    try:
        return json.loads(text)
    except ValueError:
        field = Settings.model_fields.get(name)
        lists = name in NAME_LISTS or (field is not None and field.annotation == list[str])
        return [part.strip() for part in text.split(",") if part.strip()] if lists else text


def merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return a dict of both, the second before the first, objects within objects alike.

    >>> merged({"a": {"x": 1, "y": 2}}, {"a": {"y": 3}})
    {'a': {'x': 1, 'y': 3}}
    """
    result = dict(one)
    for name, value in other.items():
        known: Any = result.get(name)
        inner = isinstance(known, Mapping) and isinstance(value, Mapping)
        result[name] = merged(known, value) if inner else value
    return result


@contextmanager
def overriding(overrides: Mapping[str, Mapping[str, Any]]) -> Iterator[None]:
    """Let `read_context` of this process, and of those that it starts, use these."""
    before = os.environ.get(ENVIRONMENT)
    os.environ[ENVIRONMENT] = json.dumps(overrides)
    try:
        yield
    finally:
        if before is None:
            del os.environ[ENVIRONMENT]
        else:
            os.environ[ENVIRONMENT] = before


def overrides_of(section: str) -> dict[str, Any]:
    """Return what was set for a section of the context file."""
    text = os.environ.get(ENVIRONMENT)
    found: dict[str, Any] = json.loads(text).get(section, {}) if text else {}
    return found
