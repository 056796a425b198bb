"""What the package says that it needs is what it imports, and all of it is pinned."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
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


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT / "src")))
def test_every_import_is_declared(path):
    known = declared(PROJECT["dependencies"], *EXTRAS.values())
    for name in set(imported(path)) - set(sys.stdlib_module_names) - {"model_development"}:
        published = {dist.lower().replace("_", "-") for dist in BY_NAME[name]}
        assert published & known, f"{name} is imported and not declared"


def test_frameworks_are_an_extra():
    assert not declared(EXTRAS["frameworks"], EXTRAS["notebook"]) & declared(PROJECT["dependencies"])
    assert declared(EXTRAS["frameworks"]) >= {"xgboost", "lightgbm", "torch", "tensorflow", "statsmodels"}


def test_everything_declared_is_pinned():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pinned = {distribution(line) for line in lines if "==" in line and not line.startswith("#")}
    assert declared(PROJECT["dependencies"], *EXTRAS.values()) <= pinned


def test_a_missing_notebook_is_said_in_a_sentence(monkeypatch, capsys):
    from model_development.cli import train
    from model_development.cli.main import main

    monkeypatch.setattr(train, "shipped_notebook", lambda name: Path("nowhere") / name)
    assert main(["train"]) == 2
    assert "belongs to a checkout of the template" in capsys.readouterr().err
