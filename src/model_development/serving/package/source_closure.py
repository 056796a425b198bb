"""Which files of this package's own source a service needs: found by reading imports, not listed by hand."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from ...storage.checkpoints import PACKAGE_FOLDER

SOURCE = PACKAGE_FOLDER  # the folder of `model_development`
PACKAGE = SOURCE.name
ROOTS = (  # what a service starts from; `saved` is named by the files of models
    "serving.package.opening",
    "serving.service.application",
    "serving.service.running",
    "explanation.explain_row",
    "saved",
)
LEFT_OUT = ("tracking",)  # rooms that no service enters, though a module names them: MLflow's store


@cache
def source_files(roots: tuple[str, ...] = ROOTS) -> tuple[Path, ...]:
    """Return the files, as paths below the source, that some modules of ours need, data files among them.

    All imports are followed, those within functions too, but for type checkers'. roots : modules by their
    names below the package. Raises LookupError for one that does not exist.
    """
    modules = _reached(roots, within_functions=True)
    data = {file for path in modules for file in _data_beside(path)}
    return tuple(sorted(path.relative_to(SOURCE) for path in modules | data))


@cache
def packages_at_import(roots: tuple[str, ...] = ROOTS) -> frozenset[str]:
    """Return top packages of others without which the import of some modules of ours fails."""
    modules = _reached(roots, within_functions=False)
    found = (item for path in modules for item in imports_of(path))
    named = {name for name, is_ours, at_import in found if at_import and not is_ours}
    return frozenset(named - set(sys.stdlib_module_names))


def _reached(roots: Iterable[str], within_functions: bool) -> set[Path]:
    reached, waiting = set[Path](), [_root(root) for root in roots]
    at_least = not within_functions
    while waiting:
        path = waiting.pop()
        if path in reached or path.relative_to(SOURCE).parts[0] in LEFT_OUT:
            continue
        reached.add(path)
        waiting += [folder / "__init__.py" for folder in path.parents if folder.is_relative_to(SOURCE)]
        ours = (name for name, is_ours, at_import in imports_of(path) if is_ours and at_import >= at_least)
        waiting += [found for found in map(_path_of, ours) if found]
    return reached


def _root(name: str) -> Path:
    place = SOURCE.joinpath(*name.split("."))
    found = [path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()]
    if not found:
        raise LookupError(f"{PACKAGE}.{name} does not exist")
    return found[0]


@cache
def imports_of(path: Path) -> tuple[tuple[str, bool, bool], ...]:
    """(name, is it of ours, does the import of the module run it) of each import in a file of ours.

    Names of ours are those below the package; of others the top one. Modules that a table names by text for
    `import_module` are imports too.
    """
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[tuple[str, bool, bool]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    base = path.relative_to(SOURCE).parts[:-1]
    for node, top in _run_nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name.split(".")[0], False, top) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            inner = [*base[: len(base) - node.level + 1], *(node.module or "").split(".")]
            module = ".".join(filter(None, inner))
            yield from ((f"{module}.{alias.name}".lstrip("."), True, top) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").split(".")[0], False, top
    if _calls_import_module(tree):
        texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
        named = (text for text in texts if isinstance(text, str) and text.replace(".", "_").isidentifier())
        yield from ((text, True, False) for text in sorted(named) if "." in text and _path_of(text))


def _run_nodes(tree: ast.Module) -> Iterator[tuple[ast.AST, bool]]:
    """Nodes of what is run, and whether the import of the module runs them."""
    waiting: list[tuple[ast.AST, bool]] = [(node, True) for node in tree.body]
    while waiting:
        node, top = waiting.pop()
        yield node, top
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            waiting += [(child, top) for child in node.orelse]
            continue
        inner = top and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        waiting += [(child, inner) for child in ast.iter_child_nodes(node)]


def _calls_import_module(tree: ast.Module) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "import_module" for node in ast.walk(tree))


def _path_of(name: str) -> Path | None:
    """The file of a module, or of the module that a name is of; None where there is none."""
    place = SOURCE.joinpath(*name.split("."))
    while place.is_relative_to(SOURCE):
        for path in (place.with_suffix(".py"), place / "__init__.py"):
            if path.is_file() and path.is_relative_to(SOURCE):
                return path
        place = place.parent
    return None


def _data_beside(path: Path) -> Iterator[Path]:
    """Files beside a module that are no Python, and that it names."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    for beside in path.parent.iterdir():
        if beside.name not in texts or beside.suffix == ".py" or (beside / "__init__.py").exists():
            continue
        inside = beside.rglob("*") if beside.is_dir() else (beside,)
        yield from (file for file in inside if file.is_file() and "__pycache__" not in file.parts)
