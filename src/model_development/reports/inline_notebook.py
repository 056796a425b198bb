"""A notebook run cell by cell in this very process: what it has imported and begun serves what comes after.

A Jupyter kernel costs its own start and a second import of everything, some ten seconds, which a run within
a minute does not have.
"""

from __future__ import annotations

import ast
import base64
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from .notebook import NotebookCopy, append_output, listening, merged_with_shipped
from .notebook_format import begin_nbconvert, import_nbformat

if TYPE_CHECKING:
    from nbformat import NotebookNode


class InlineNotebook(NotebookCopy):
    """Runs the notebook at `source_path` with `parameters`, as papermill would, and keeps what it shows."""

    active = True

    def __init__(self, source_path: Path, parameters: Mapping[str, Any]) -> None:
        self.source_path, self.parameters = source_path, parameters
        self.ran: list[NotebookNode] = []  # cells, the one at work among them

    @staticmethod
    def require_packages() -> None:
        """Raise ImportError where a package is missing that runs notebooks."""
        import IPython  # noqa: F401

        import_nbformat()

    def run(self) -> dict[str, Any]:
        """Run all cells; return what the notebook has defined. What a cell raises is raised."""
        import nbformat

        namespace: dict[str, Any] = {"__name__": "__notebook__"}
        with listening(self), _shell(self._show):
            for cell in nbformat.read(self.source_path, as_version=4).cells:
                if cell.cell_type == "code":
                    self._run_cell(cell.source, namespace)
                if "parameters" in cell.metadata.get("tags", ()):
                    lines = [f"{name} = {value!r}" for name, value in self.parameters.items()]
                    self._run_cell("\n".join(["# Parameters", *lines]), namespace)
        return namespace

    def get_ready(self) -> None:
        begin_nbconvert()

    def notebook(self, source_path: Path) -> NotebookNode:
        return merged_with_shipped(source_path, self.ran)

    def _run_cell(self, source, namespace):
        import nbformat

        count = len(self.ran) + 1
        self.ran.append(nbformat.v4.new_code_cell(source, execution_count=count))
        steps, where = ast.parse(source), f"cell {count} of {self.source_path.name}"
        last = steps.body.pop() if steps.body and isinstance(steps.body[-1], ast.Expr) else None
        out, err = (_Tee(stream, self._append) for stream in (sys.stdout, sys.stderr))
        with redirect_stdout(out), redirect_stderr(err):
            exec(compile(steps, where, "exec"), namespace)
            if isinstance(last, ast.Expr):
                value = eval(compile(ast.Expression(last.value), where, "eval"), namespace)
                if value is not None:
                    data, metadata = _formatted(value)
                    self._show(data, metadata, count)

    def _show(self, data, metadata, execution_count=None):
        """Keep what a cell displays, or its last value where `execution_count` is given."""
        import nbformat

        data = {kind: _as_text(content) for kind, content in data.items()}
        kind, more = "display_data", {}
        if execution_count is not None:
            kind, more = "execute_result", {"execution_count": execution_count}
        self._append(nbformat.v4.new_output(kind, data=data, metadata=metadata, **more))

    def _append(self, output):
        append_output(self.ran[-1].outputs, output)


class _Tee:
    """Text goes to a stream as before, and into the notebook; lines stay, as in batch."""

    def __init__(self, stream: TextIO, append: Any) -> None:
        self.stream, self.append = stream, append
        self.name = "stderr" if stream is sys.stderr else "stdout"

    def write(self, text: str) -> int:
        import nbformat

        if text:
            self.append(nbformat.v4.new_output("stream", name=self.name, text=text))
        return self.stream.write(text)

    def isatty(self) -> bool:
        return False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


@contextmanager
def _shell(show: Any) -> Iterator[None]:
    """Let `IPython.display.display` hand what it is given to `show`; it asks for a shell to do so."""
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    class Publisher(DisplayPublisher):
        def publish(self, data: Any, metadata: Any = None, **more: Any) -> None:
            show(data, metadata or {})

    config = Config()
    config.HistoryManager.enabled = False
    was_there = InteractiveShell.initialized()
    shell = InteractiveShell.instance(config=config, user_module=sys.modules["__main__"])
    before, shell.display_pub = shell.display_pub, Publisher(parent=shell, shell=shell)
    try:
        yield
    finally:
        shell.display_pub = before
        if not was_there:
            InteractiveShell.clear_instance()


def _formatted(value):
    from IPython.core.interactiveshell import InteractiveShell

    return InteractiveShell.instance().display_formatter.format(value)


def _as_text(content):
    return base64.b64encode(content).decode("ascii") if isinstance(content, bytes) else content
