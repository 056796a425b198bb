"""pipeline_context.json: what the epoch before hands over, the user's settings, what we hand on."""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from ..errors import ContextError
from ..tasks.table import has_target
from .credentials import shown, without_credentials
from .overrides import OUTPUTS_KEY, merged, overrides_of
from .settings import SETTINGS_KEY, Settings, make_settings

NO_EPOCH_004 = "Run epoch 004, the step that makes the features, first"
REPOSITORY = Path(__file__).resolve().parents[3]
NO_TARGET = "(no target)"  # column of zeros that stands for it
DEFAULT_CONTEXT = REPOSITORY / "pipeline_context.json"


@dataclass(frozen=True)
class Context:
    """One context file, checked: where it is, what it asks for, where results go."""

    path: Path
    project: str
    recommended: tuple[str, ...]
    feature_data: str  # absolute path or URI
    data_source: str  # the same for people and files: as written, without credentials
    test_data: str | None  # the same of the user's own test rows
    feature_names: tuple[str, ...] | None
    target: str
    settings: Settings
    settings_in_file: dict[str, Any]  # as written, without what parameters changed, and without credentials
    artifacts_root: Path

    def __repr__(self) -> str:  # without the addresses, which may hold a password
        return f"Context({self.project!r}, {str(self.path)!r})"

    @property
    def experiment(self) -> str:
        return f"{self.project}_model"

    @property
    def test_source(self) -> str:
        """The place of the user's own test rows as it may be shown."""
        return shown(self.test_data or "")


def read_raw_context(path: Path | str) -> dict[str, Any]:
    """Return the context file as a dict. Raises ContextError when missing or not a JSON object."""
    path = Path(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ContextError(
            f"There is no context file {path}. Epoch 004, the step that makes the features, writes it; or "
            "write one by hand (README, 'Your own table'), or give the path of another one (`context_path` "
            "in the notebook, `--context` for commands).",
            what="there is no such context file",
            where=path,
            do="write one (README, 'Your own table'), or give another path with --context",
        ) from None
    except OSError as error:
        raise ContextError(f"The context file {path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise ContextError(f"The context file {path} is not valid JSON: {error}.") from error
    if not isinstance(content, dict):
        raise ContextError(
            f"The context file {path} must hold a JSON object, not {json.dumps(content)[:40]}."
        )
    return content


def read_context(
    path: Path | str | None = None, settings: dict[str, Any] | None = None, **overrides: Any
) -> Context:
    """Read and check a context file.

    path : the file; the repository's own pipeline_context.json when None or empty.
    settings : a dict of settings to use in place of the file's.
    overrides : settings that take precedence over the file's; None means "not given".

    Raises ContextError or SettingsError, each with the file, the key and what to do.
    """
    path = resolve_path(path or DEFAULT_CONTEXT, "The context file")
    content = read_raw_context(path)
    outputs = _section(content, OUTPUTS_KEY, path) | overrides_of(OUTPUTS_KEY)
    in_file = content.get(SETTINGS_KEY)
    in_file = {} if in_file is None else in_file
    given = in_file if settings is None else _with_credentials(settings, in_file)
    checked = make_settings(given, f"{path.name}, `{SETTINGS_KEY}`")
    of_this_run = overrides_of(SETTINGS_KEY) if settings is None else {}  # those of a later phase are checked
    overrides = {name: value for name, value in overrides.items() if value is not None}
    if of_this_run:
        given = merged(given, of_this_run)
        checked = make_settings(given, "--set")
    if overrides:
        checked = make_settings({**given, **overrides}, "Parameters")
    return Context(
        path=path,
        project=_project(content, path),
        recommended=_recommended(content),
        feature_data=locate(_text(outputs, "feature_data_path", path), path.parent, "feature_data_path"),
        data_source=shown(_text(outputs, "feature_data_path", path)),
        test_data=_test_data(checked, path.parent),
        feature_names=_feature_names(outputs, path),
        target=_target(outputs, checked, path),
        settings=checked,
        settings_in_file=without_secrets(in_file),
        artifacts_root=artifacts_root_of(path),
    )


def without_secrets(settings: dict[str, Any]) -> dict[str, Any]:
    """Return a dict of settings with what is secret in their addresses replaced by stars."""
    return {name: shown(value) if isinstance(value, str) else value for name, value in settings.items()}


def _with_credentials(settings, in_file):
    """Settings that an earlier run kept without credentials: the context's addresses have them."""
    hidden = without_secrets(in_file) if isinstance(in_file, dict) else {}
    return settings | {name: in_file[name] for name, value in hidden.items() if settings.get(name) == value}


def artifacts_root_of(path: Path | str) -> Path:
    """Return `ARTIFACTS_DIR` where set, else the folder `artifacts` beside the context file."""
    root = os.environ.get("ARTIFACTS_DIR")
    return resolve_path(root, "ARTIFACTS_DIR") if root else Path(path).parent / "artifacts"


def resolve_path(text: Path | str, what: str) -> Path:
    """Return an absolute path. Raises ContextError for what is none (unknown ~user, NUL, a number)."""
    try:
        return Path(text).expanduser().resolve()
    except (RuntimeError, ValueError, TypeError, OSError) as error:
        raise ContextError(f"{what} {text!r} is not a path: {error}.") from None


def _section(content: dict[str, Any], name: str, path: Path) -> dict[str, Any]:
    section = content.get(name)
    if not isinstance(section, dict):
        raise ContextError(
            f"{path.name} has no object `{name}`. Found: {', '.join(content) or 'nothing'}. "
            f"{NO_EPOCH_004}, or add it by hand (README, 'Your own table').",
            what=f"no object `{name}`",
            where=path,
            do="add it by hand (README, 'Your own table')",
        )
    return section


def _text(outputs: dict[str, Any], key: str, path: Path) -> str:
    value = outputs.get(key)
    if key in outputs and not isinstance(value, str):
        found = without_credentials(json.dumps(value))[:60]
        raise ContextError(f"{path.name}: `epoch_004_outputs.{key}` must be a text, not {found}.")
    if not isinstance(value, str) or not value.strip():
        raise ContextError(
            f"{path.name} has no `epoch_004_outputs.{key}`. Found under `epoch_004_outputs`: "
            f"{', '.join(outputs) or 'nothing'}. {NO_EPOCH_004}, or add the key as a text.",
            what=f"no `epoch_004_outputs.{key}`",
            where=path,
            do="add the key as a text",
        )
    return value


def _project(content: dict[str, Any], path: Path) -> str:
    project = content.get("project")
    if not isinstance(project, str) or not re.fullmatch(r"[^/:.\s][^/:]*", project):
        raise ContextError(
            f"{path.name}: `project` must be a name without '/' or ':' (for example 'credit_risk'), "
            f"not {project!r}. It names the MLflow experiment and the registered model."
        )
    return project


def _recommended(content: dict[str, Any]) -> tuple[str, ...]:
    epoch_001 = content.get("epoch_001")
    names = epoch_001.get("recommended_algorithms") if isinstance(epoch_001, dict) else None
    return tuple(str(name) for name in names) if isinstance(names, list) else ()


def _feature_names(outputs: dict[str, Any], path: Path) -> tuple[str, ...] | None:
    names = outputs.get("feature_names")
    if names is None:
        return None
    if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
        raise ContextError(
            f"{path.name}: `epoch_004_outputs.feature_names` must be a list of column names; "
            "leave it out to use every column."
        )
    return tuple(dict.fromkeys(names))


def _target(outputs: dict[str, Any], settings: Settings, path: Path) -> str:
    if has_target(settings.problem_type) or "target_variable" in outputs:
        return _text(outputs, "target_variable", path)
    return NO_TARGET


def _test_data(settings: Settings, folder: Path) -> str | None:
    location = settings.test_data_path
    return locate(location, folder, "test_data_path") if location else None


def locate(location: str, folder: Path, setting: str) -> str:
    """Make a relative path absolute against a folder; leave URIs alone. setting : that names it."""
    in_file = re.fullmatch(r"(sqlite(?:\+\w+)?:///)([^/?#:][^?#]*)(.*)", location)
    if in_file:
        start, path, rest = in_file.groups()
        file = resolve_path(folder / unquote(path), f"`{setting}`")
        return f"{start}{quote(str(file), safe='/: ')}{rest}"  # the folder may hold marks that end a path
    if re.match(r"^[A-Za-z][A-Za-z0-9+.-]+:", location):
        return location
    path = location if location.startswith("~") else folder / location
    return str(resolve_path(path, f"`{setting}`"))


def use_case_of(path: Path) -> str | None:
    """Key of the use case that a context file names, at the top or under `epoch_001`; None for none."""
    content = read_raw_context(path)
    epoch_001 = content.get("epoch_001")
    for place in (content, epoch_001 if isinstance(epoch_001, dict) else {}):
        for name in ("use_case_key", "use_case"):
            if isinstance(place.get(name), str):
                return place[name]
    return None
