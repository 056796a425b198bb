"""A copy of the running notebook with its outputs, whoever runs it: Jupyter, nbconvert, papermill.

None of them tells a kernel where its notebook lies, and the file on disk is complete only after the
kernel has ended. So the kernel listens to what it publishes itself, and puts the outputs beside the
cells of the notebook as shipped. Cells that were added or changed follow in the order they ran.
"""

from __future__ import annotations

import atexit
import copy
import logging
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .notebook_format import begin_nbconvert
from .numbers import format_number

if TYPE_CHECKING:
    import pandas as pd
    from nbformat import NotebookNode
    from pandas.io.formats.style import Styler


SETTLE = 0.25  # seconds that a message takes at most between two threads of one kernel
OUTPUT_KINDS = ("stream", "display_data", "execute_result", "error")
_here: list[NotebookCopy] = []  # notebooks that this process runs itself, cell by cell


class NotebookCopy(ABC):
    """What knows the running notebook: `active`, and `notebook` with what was run and shown so far."""

    active: bool

    def get_ready(self) -> None:  # noqa: B027  (a listener has begun with it)
        """Begin to import what `to_html` needs, for the time in which this process waits for workers."""

    @abstractmethod
    def notebook(self, source_path: Path) -> NotebookNode:
        """Return the notebook at `source_path` as an nbformat node with what was run and shown."""


class NotebookListener(NotebookCopy):
    """Collects the outputs of every cell from now on. Outside a Jupyter kernel it does nothing."""

    def __init__(self) -> None:
        self.shell = _kernel_shell()
        self.active = self.shell is not None
        self.outputs = {}  # message id -> list of outputs
        self.counts = {}  # message id -> execution count
        if self.shell is None:
            return
        from ipykernel.connect import get_connection_file
        from jupyter_client import BlockingKernelClient

        self.client = BlockingKernelClient(connection_file=get_connection_file())
        self.client.load_connection_file()
        self.client.iopub_channel.start()
        begin_nbconvert()
        _leave_out_the_end(self.shell.kernel.log)
        time.sleep(SETTLE)  # a subscriber hears nothing until its connection stands
        atexit.register(self._close)
        current = self.shell.kernel.get_parent()["header"]["msg_id"]
        self.counts[current] = len(self.shell.history_manager.input_hist_raw) - 1

    def notebook(self, source_path: Path) -> NotebookNode:
        import nbformat

        self._collect()
        shown = {self.counts[m]: outputs for m, outputs in self.outputs.items() if m in self.counts}
        ran = [
            nbformat.v4.new_code_cell(text, execution_count=count, outputs=shown.get(count, []))
            for count, text in enumerate(self.shell.history_manager.input_hist_raw)
            if count > 0 and text.strip()
        ]
        return merged_with_shipped(source_path, ran)

    def _close(self):
        self.client.stop_channels()
        self.client.context.destroy(linger=0)

    def _collect(self):
        """Take in everything that was published before now."""
        import nbformat

        sys.stdout.flush()
        sys.stderr.flush()
        time.sleep(SETTLE)  # what was printed last is on its way through the kernel's own thread
        while self.client.iopub_channel.msg_ready():
            message = self.client.get_iopub_msg(timeout=1)
            origin = message["parent_header"].get("msg_id")
            if message["msg_type"] == "execute_input":
                self.counts[origin] = message["content"]["execution_count"]
            elif message["msg_type"] in OUTPUT_KINDS:
                outputs = self.outputs.setdefault(origin, [])
                append_output(outputs, nbformat.v4.output_from_msg(message))


def listen() -> NotebookCopy:
    """What knows the notebook that runs in this process; to a kernel it begins to listen, once."""
    return _here[-1] if _here else _kernel_listener()


@lru_cache(maxsize=1)
def _kernel_listener():
    return NotebookListener()


@contextmanager
def listening(running: NotebookCopy) -> Iterator[None]:
    """Let `listen` return `running`: this process itself runs a notebook."""
    _here.append(running)
    try:
        yield
    finally:
        _here.remove(running)


def merged_with_shipped(source_path: Path, ran: Sequence[NotebookNode]) -> NotebookNode:
    """The notebook at `source_path` with the cells as they ran, and what else was run after each."""
    import nbformat

    shipped = nbformat.v4.new_notebook()
    if source_path.is_file():  # an installed package has none
        shipped = nbformat.read(source_path, as_version=4)
    result = copy.deepcopy(shipped)
    result.cells = _merge(shipped.cells, ran)
    return result


def compact(frame: pd.DataFrame) -> Styler:
    """Show a DataFrame small enough for the width of a page: four digits, text to the left, no index."""
    left = {"selector": "th, td", "props": "text-align: left"}
    styler = frame.style.format(_short, na_rep="-").hide(axis="index").set_table_styles([left])
    return styler.set_table_attributes('style="font-size: 75%"')


def _short(value):
    return format_number(value) if isinstance(value, float) else value


def to_html(notebook: NotebookNode) -> str:
    """Return a notebook as one HTML page."""
    from nbconvert import HTMLExporter

    log = logging.getLogger("nbconvert")
    log.setLevel(logging.ERROR)
    return HTMLExporter(log=log).from_notebook_node(notebook)[0]


def shipped_notebook(name: str, context: Path | str | None = None) -> Path:
    """Path of one of this epoch's notebooks: the project's own, beside its context, where it has one.

    An installed package has them as copies in the template of projects.
    """
    package = Path(__file__).resolve().parents[1]
    own = Path(context).parent / "notebooks" / name if context else None
    of_checkout = package.parents[1] / "epoch005-model-development" / "notebooks" / name
    in_template = package / "planning" / "template" / "project" / "notebooks" / name
    return next((path for path in (own, of_checkout) if path is not None and path.is_file()), in_template)


def encrypted_kernel() -> dict[str, Any]:
    """Arguments that let `papermill.execute_notebook` speak to its kernel under encryption.

    Kernels that can and are not asked to begin every run with a warning. Before jupyter_client knew of it, so
    did no kernel: then there is nothing to be said.
    """
    from jupyter_client import KernelManager
    from traitlets.config import Config

    if not KernelManager.class_traits().get("transport_encryption"):
        return {}
    return {"config": Config({"KernelManager": {"transport_encryption": "auto"}})}


def _leave_out_the_end(log):
    """Keep out of a kernel's log what it says of its own end: whoever ends a kernel interrupts it first.

    Where that meets the last bit of the last cell, the kernel says it as an error after a good run; where the
    program that runs it was terminated, it shows how it came to know that nobody listens any more.
    """
    logger = getattr(log, "logger", log)  # traitlets hands out a logger or an adapter of one
    logger.addFilter(_is_not_of_the_end)


def _is_not_of_the_end(record):
    from zmq import ZMQError

    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, ZMQError) and "KeyboardInterrupt caught in kernel" not in record.getMessage()


def _kernel_shell():
    """The shell of the Jupyter kernel that this process is, or None."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell if getattr(shell, "kernel", None) is not None else None


def append_output(outputs: list[NotebookNode], output: NotebookNode) -> None:
    """Join texts of one stream, as notebook files have them."""
    last = outputs[-1] if outputs else None
    if last and output.output_type == last.output_type == "stream" and output.name == last.name:
        last.text += output.text
    else:
        outputs.append(output)


def _merge(shipped, ran):
    """Shipped cells in their order, each as it last ran; after each, what ran next but is not shipped."""
    known = {cell.source.strip() for cell in shipped if cell.cell_type == "code"}
    latest = {cell.source.strip(): cell for cell in ran}
    added, before = {}, None  # source of a shipped cell -> added cells that ran after it
    for cell in ran:
        if cell.source.strip() in known:
            before = cell.source.strip()
        else:
            added.setdefault(before, []).append(cell)
    merged = list(added.get(None, []))
    for cell in shipped:
        source = cell.source.strip()
        if cell.cell_type == "code" and source in latest:
            cell = copy.deepcopy(cell)
            cell.outputs = latest[source].outputs
            cell.execution_count = latest[source].execution_count
        merged.append(cell)
        if cell.cell_type == "code":
            merged += added.pop(source, [])
    return merged
