"""A class or function of this package as text that runs by itself."""

from __future__ import annotations

import ast
import inspect
import sys
from types import ModuleType
from typing import Any

PACKAGE = __name__.partition(".")[0]


def plain_source(*things: Any) -> tuple[str, set[str]]:
    """Return (code, imports) of classes and functions, of the helpers and numbers that they use first.

    Without annotations and decorators, which take names along that the code does not need. Names that every
    notebook imports (`np`, `pd`) are left out of the imports.
    """
    found: dict[str, str] = {}
    imports: set[str] = set()
    for thing in things:
        _collect(thing, found, imports)
    return "\n\n\n".join(_numbers_first(found.values())), imports


def _collect(thing, found, imports):
    if thing.__name__ in found:
        return
    module = sys.modules[_home_of(thing)]
    known, text = vars(module), without_annotations(_text_of(thing.__name__, module))
    found[thing.__name__] = ""  # asked for; its own place is behind what it uses
    for name in _names_in(text):
        value = known.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            found.setdefault(name, f"{name} = {value!r}")
        elif callable(value) and not isinstance(value, ModuleType):
            if value.__module__.partition(".")[0] == PACKAGE:
                _collect(value, found, imports)
            else:
                imports.add(f"from {'.'.join(value.__module__.split('.')[:2])} import {value.__name__}")
    del found[thing.__name__]
    found[thing.__name__] = text


def _home_of(thing):
    """The module in which it is written: a class may be known by the name of another one."""
    functions = [value for value in vars(thing).values() if inspect.isfunction(value)]
    return (functions[0] if inspect.isclass(thing) else thing).__module__


def _text_of(name, module):
    """What stands between `class` or `def` and the end, without decorators."""
    lines = inspect.getsource(module).splitlines()
    nodes = ast.parse("\n".join(lines)).body
    node = next(n for n in nodes if isinstance(n, ast.ClassDef | ast.FunctionDef) and n.name == name)
    return "\n".join(lines[node.lineno - 1 : node.end_lineno])


def _numbers_first(texts):
    texts = list(texts)
    numbers = [text for text in texts if not text.startswith(("def ", "class "))]
    return ["\n".join(numbers)] * bool(numbers) + [text for text in texts if text not in numbers]


def _names_in(text):
    tree = ast.parse(text)
    return list(dict.fromkeys(n.id for n in ast.walk(tree) if isinstance(n, ast.Name)))


def without_annotations(text: str) -> str:
    """The same code without annotations.

    >>> without_annotations("def f(x: int, y: list[str] | None = None) -> int:\\n    return x")
    'def f(x, y=None):\\n    return x'
    """
    lines = text.encode().splitlines(keepends=True)
    starts = [0]  # of each line, in bytes, as the positions of a syntax tree count
    for line in lines:
        starts.append(starts[-1] + len(line))
    source = b"".join(lines)

    def at(line, column):
        return starts[line - 1] + column

    cuts = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.arg) and node.annotation is not None:
            begin = at(node.lineno, node.col_offset) + len(node.arg.encode())
            end = at(node.annotation.end_lineno, node.annotation.end_col_offset)
            has_default = source[end : end + 3] == b" = "
            cuts.append((begin, end + 3 * has_default, b"=" if has_default else b""))
        if isinstance(node, ast.FunctionDef) and node.returns is not None:
            begin = source.rindex(b" ->", 0, at(node.returns.lineno, node.returns.col_offset))
            cuts.append((begin, at(node.returns.end_lineno, node.returns.end_col_offset), b""))
    for begin, end, instead in sorted(cuts, reverse=True):
        source = source[:begin] + instead + source[end:]
    return source.decode().strip("\n")
