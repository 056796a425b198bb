"""Types: public functions carry hints, and editors see the names of the public door."""

import ast
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest
from conftest import ROOT

import model_development
from model_development import model_utils

PACKAGE = Path(model_development.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
DOOR = ast.parse(Path(model_utils.__file__).read_text(encoding="utf-8"))
EXAMPLES = re.findall(
    r"^```python\n(.*?)^```", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.M | re.S
)


VAGUE = ("object", "list", "dict", "tuple", "set", "type")


def is_public(name):
    return not name.startswith("_") or name.endswith("__")


def functions(body, prefix=""):
    """(name, definition, its arguments but for self) of the public functions and methods of a module."""
    for node in body:
        if isinstance(node, ast.ClassDef) and is_public(node.name):
            yield from functions(node.body, f"{node.name}.")
        elif isinstance(node, ast.FunctionDef) and is_public(node.name):
            named = [*node.args.posonlyargs, *node.args.args]
            is_static = any(ast.unparse(made_by) == "staticmethod" for made_by in node.decorator_list)
            named = named[1:] if prefix and not is_static else named
            others = [*node.args.kwonlyargs, node.args.vararg, node.args.kwarg]
            yield prefix + node.name, node, [argument for argument in (*named, *others) if argument]


def without_types(tree):
    """Names of the public functions in which an argument or what comes back has no type."""
    for name, definition, arguments in functions(tree.body):
        if definition.returns is None or not all(argument.annotation for argument in arguments):
            yield name


@cache
def faults(path):
    """(functions without types, fields that say no more than `object`) of a module, which is parsed once."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    fields = [node for node in ast.walk(tree) if isinstance(node, ast.AnnAssign)]
    vague = [ast.unparse(field) for field in fields if ast.unparse(field.annotation) in VAGUE]
    return list(without_types(tree)), vague


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_public_functions_say_their_types(path):
    assert faults(path)[0] == []


def test_a_function_without_types_is_seen():
    methods = "class A:\n    def f(self, x: int) -> int: ...\n    def g(self, x, *y: int) -> int: ...\n"
    said = f"{methods}def h(): ...\ndef _ours(x): ..."
    assert list(without_types(ast.parse(said))) == ["A.g", "h"]


def test_functions_that_people_are_told_to_add_say_their_types():
    assert len(EXAMPLES) >= 3
    assert [name for code in EXAMPLES for name in without_types(ast.parse(code))] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_fields_say_more_than_object(path):
    assert faults(path)[1] == []


def test_editors_see_the_names_of_the_public_door():
    (block,) = [n for n in DOOR.body if isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING"]
    seen = {alias.asname: node.module for node in block.body for alias in node.names}
    same = {alias.asname == alias.name for node in block.body for alias in node.names}
    assert same == {True}  # `name as name`: a checker takes others for private
    tables = [node for node in DOOR.body if isinstance(node, ast.Assign)]
    (table,) = [node.value for node in tables if ast.unparse(node.targets[0]) == "_HOME"]
    assert seen == ast.literal_eval(table)


def test_the_package_says_that_it_has_types():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "py.typed" in settings["tool"]["setuptools"]["package-data"]["model_development"]
    assert (PACKAGE / "py.typed").is_file()
