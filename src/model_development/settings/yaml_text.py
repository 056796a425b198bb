"""YAML as people mean it: `no` and dates are texts, `1e-3` is a number."""

import re
from pathlib import Path
from typing import Any

import yaml

from ..errors import SettingsError

OTHERWISE = ("bool", "timestamp", "float", "int")  # kinds that YAML 1.1 finds in words of every day
TAG = "tag:yaml.org,2002:"


class _Loader(yaml.SafeLoader):
    """The safe loader with the numbers and booleans of YAML 1.2."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in rows if tag.removeprefix(TAG) not in OTHERWISE]
        for first, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


_Loader.add_implicit_resolver(f"{TAG}bool", re.compile(r"(true|false|True|False)$"), list("tfTF"))
_Loader.add_implicit_resolver(f"{TAG}int", re.compile(r"[-+]?\d+$"), list("-+0123456789"))
_NUMBER = re.compile(r"[-+]?(\d+\.\d*|\.\d+|\d+)([eE][-+]?\d+)?$")
_Loader.add_implicit_resolver(f"{TAG}float", _NUMBER, list("-+.0123456789"))
for _kind, _read in (("int", int), ("float", float)):
    _Loader.add_constructor(f"{TAG}{_kind}", lambda loader, node, read=_read: read(node.value))


def parse_yaml(text: str) -> Any:
    """Return what a YAML (or JSON) text holds. Raises yaml.YAMLError for what is none.

    >>> parse_yaml("[no, 1e-3, 2024-01-31, true, 3, 007]")
    ['no', 0.001, '2024-01-31', True, 3, 7]
    """
    return yaml.load(text, _Loader)


def read_yaml(path: Path) -> dict[str, Any]:
    """Return the object in a YAML (or JSON) file. Raises SettingsError, with the line, for what is none."""
    try:
        content = parse_yaml(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise SettingsError(
            f"There is no config file {path}. Copy config/model_config.yaml and edit it.",
            what="there is no such config file",
            where=path,
            do="copy config/model_config.yaml and edit it",
        ) from None
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.", where=path) from error
    except (ValueError, yaml.YAMLError) as error:
        said = " ".join(str(error).split())
        raise SettingsError(f"{path} is not valid YAML: {said}.", what="not valid YAML", where=path) from None
    if not isinstance(content, dict):
        raise SettingsError(f"{path} must hold an object with keys such as `context`.", where=path)
    return {str(key): value for key, value in content.items()}
