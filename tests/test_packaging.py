"""What the package says that it needs is what it imports, and all of it is pinned."""

import ast
import re
import sys
import tomllib
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest
from conftest import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT, SETTINGS = PYPROJECT["project"], PYPROJECT["tool"]["uv"]["pip"]
NOT_PINNED = {canonicalize_name(name) for name in SETTINGS["no-emit-package"]}
LINES = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
PINS = [line for line in LINES if line and not line.startswith("#")]
PLATFORMS = {
    "linux": {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"},
    "macos": {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"},
    "windows": {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"},
}
MACHINES = {"linux": "x86_64", "macos": "arm64", "windows": "AMD64"}
for name, machine in MACHINES.items():
    PLATFORMS[name] |= {"platform_machine": machine, "implementation_name": "cpython"}
    PLATFORMS[name] |= {"platform_python_implementation": "CPython"}
EXTRAS = PROJECT["optional-dependencies"]
BY_NAME = packages_distributions()  # takes a third of a second
SOURCES = sorted((ROOT / "src").rglob("*.py"))


def distribution(requirement):
    return re.split(r"[<>=!~\[; ]", requirement)[0].lower().replace("_", "-")


def imported(path):
    """Top names of the packages of others that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module.split(".")[0]


def declared(*groups):
    return {distribution(requirement) for group in groups for requirement in group}


@pytest.mark.whole
@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT / "src")))
def test_every_import_is_declared(path):
    known = declared(PROJECT["dependencies"], *EXTRAS.values())
    for name in set(imported(path)) - set(sys.stdlib_module_names) - {"model_development"}:
        published = {dist.lower().replace("_", "-") for dist in BY_NAME[name]}
        assert published & known, f"{name} is imported and not declared"


def test_frameworks_are_an_extra():
    assert not declared(EXTRAS["frameworks"], EXTRAS["notebook"]) & declared(PROJECT["dependencies"])
    expected = {"xgboost", "lightgbm", "catboost", "torch", "tensorflow", "statsmodels"}
    assert declared(EXTRAS["frameworks"]) >= expected


def test_everything_declared_is_pinned():
    assert declared(PROJECT["dependencies"], *EXTRAS.values()) <= {distribution(line) for line in PINS}


def wanted(requirements, environment, extras=("",)):
    """The requirements, as text, that hold in an environment."""
    for requirement in map(Requirement, requirements):
        marker = requirement.marker
        if marker is None or any(marker.evaluate(environment | {"extra": extra}) for extra in extras):
            yield requirement


@pytest.mark.whole
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_what_is_pinned_is_pinned_once_and_all_that_it_needs_is_pinned_too(platform, python):
    """Of each platform and Python; what is not installed here, such as pywin32, says nothing of its needs."""
    environment = PLATFORMS[platform] | {"python_version": python, "python_full_version": f"{python}.9"}
    pins = list(wanted(PINS, environment))
    versions = {canonicalize_name(pin.name): next(iter(pin.specifier)).version for pin in pins}
    assert len(versions) == len(pins)
    missing, left = [], [Requirement(text) for text in declared_texts()]
    known = set()
    while left:
        needed = left.pop()
        name = canonicalize_name(needed.name)
        if name in NOT_PINNED or (name, *needed.extras) in known:
            continue
        known.add((name, *needed.extras))
        if name not in versions or not needed.specifier.contains(versions[name], prereleases=True):
            missing.append(str(needed))
            continue
        with suppress(PackageNotFoundError):
            left += wanted(requires(name) or [], environment, needed.extras or [""])
    assert not missing


def declared_texts():
    return [*PROJECT["dependencies"], *(text for group in EXTRAS.values() for text in group)]


def test_the_file_says_how_it_is_made():
    assert "uv pip compile pyproject.toml -o requirements.txt" in LINES[1]
    assert SETTINGS["universal"] is True


def test_a_missing_notebook_is_said_in_a_sentence(monkeypatch, capsys):
    from model_development.cli import notebook
    from model_development.cli.main import main

    monkeypatch.setattr(notebook, "shipped_notebook", lambda name, context: Path("nowhere") / name)
    assert main(["train"]) == 2
    assert "belongs to a checkout of the template" in capsys.readouterr().err
