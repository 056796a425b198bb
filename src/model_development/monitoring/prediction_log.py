"""Every answer of a service, recorded beside it: a queue, a thread, and Parquet files by hour."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from ..errors import ArtifactsError
from .log_files import LogWriter, log_row

MOST_WAITING = 100_000  # answers in the queue; what comes while it is full is counted, not kept
FLUSH_SECONDS = 5.0  # what a kill loses at most
FLUSH_ROWS = 20_000
CLOSE_SECONDS = 30.0

logger = logging.getLogger(__name__)


class Said(Protocol):
    """What is recorded of an answer; `row_plan.answer.Answer` is one."""

    @property
    def prediction(self) -> Any: ...
    @property
    def probabilities(self) -> Mapping[str, float] | None: ...
    @property
    def interval(self) -> tuple[float, float] | None: ...
    @property
    def decision(self) -> Any: ...
    @property
    def warnings(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Recorded:
    """One answer on its way to the file. when : seconds since 1970."""

    request_id: str
    inputs: Mapping[str, Any] | None
    answer: Said
    when: float


class PredictionLog:
    """Records answers to a folder; safe to use from several threads, and by several processes at once.

    record_inputs : are the rows recorded too? They may hold what must not be kept. model_version : of the
    model that answers. flush_seconds : how often what waits is written. Raises ArtifactsError where pyarrow,
    which writes the files, is not installed.
    """

    def __init__(
        self,
        folder: Path | str,
        record_inputs: bool = False,
        *,
        model_version: str = "",
        most_waiting: int = MOST_WAITING,
        flush_seconds: float = FLUSH_SECONDS,
    ) -> None:
        if find_spec("pyarrow") is None:
            raise ArtifactsError(
                "Predictions are recorded with pyarrow, which is missing: pip install pyarrow"
            )
        self.folder = Path(folder)
        self.record_inputs = record_inputs
        self._writer = LogWriter(self.folder, model_version)
        self._flush_seconds = flush_seconds
        self._queue: queue.Queue[Recorded | None] = queue.Queue(most_waiting)
        self._n_dropped = 0
        self._n_recorded = 0
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_closed = False

    @property
    def n_dropped(self) -> int:
        """Answers that were not kept: the queue was full, the log was closed, or the folder not writable."""
        return self._n_dropped

    @property
    def n_recorded(self) -> int:
        """Answers that are in files."""
        return self._n_recorded

    def record(
        self, request_id: str, row: Mapping[str, Any], answer: Said, when: datetime | float | None = None
    ) -> None:
        """Put one answer into the queue; never waits, never raises.

        when : seconds since 1970, or a time with its zone; now where None. The row must not be changed later.
        """
        seconds = when.timestamp() if isinstance(when, datetime) else time.time() if when is None else when
        inputs = row if self.record_inputs else None
        if self._is_closed:
            self._count_dropped(1)
            return
        if self._thread is None:
            self._start()
        try:
            self._queue.put_nowait(Recorded(request_id, inputs, answer, seconds))
        except queue.Full:
            self._count_dropped(1)

    def close(self, timeout: float = CLOSE_SECONDS) -> None:
        """Write what waits, and make one file of each hour. timeout : seconds that it waits for that."""
        self._is_closed = True
        if self._thread is None:
            return
        try:
            self._queue.put(None, timeout=timeout)
        except queue.Full:
            logger.warning("The prediction log is closed while its queue is full")
            return
        self._thread.join(timeout)

    def __enter__(self) -> PredictionLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:  # daemon: a process that ends does not wait for a full disk
                self._thread = threading.Thread(target=self._work, name="prediction-log", daemon=True)
                self._thread.start()

    def _count_dropped(self, n: int) -> None:
        with self._lock:
            self._n_dropped += n

    def _work(self) -> None:
        is_last = False
        while not is_last:
            waiting, is_last = self._collect()
            if waiting:
                self._write(waiting)
            self._merge(all_hours=is_last)

    def _collect(self) -> tuple[list[Recorded], bool]:
        """(what came within a flush interval, is it the last?)"""
        waiting: list[Recorded] = []
        until = time.monotonic() + self._flush_seconds
        while len(waiting) < FLUSH_ROWS and (left := until - time.monotonic()) > 0:
            try:
                item = self._queue.get(timeout=left)
            except queue.Empty:
                break
            if item is None:
                return waiting, True
            waiting.append(item)
        return waiting, False

    def _write(self, waiting: list[Recorded]) -> None:
        """The service goes on whatever becomes of its log: what cannot be kept is counted."""
        rows = [row for one in waiting if (row := self._row(one)) is not None]
        try:
            self._writer.write(rows)
        except Exception as error:
            self._count_dropped(len(rows))
            logger.warning("%d answers could not be recorded: %s", len(rows), error)
        else:
            self._n_recorded += len(rows)

    def _row(self, one: Recorded) -> dict[str, Any] | None:
        try:
            return log_row(one.request_id, one.inputs, one.answer, datetime.fromtimestamp(one.when, UTC))
        except Exception as error:  # inputs that JSON does not have, a time that is none
            self._count_dropped(1)
            logger.warning("An answer could not be recorded: %s", type(error).__name__)
            return None

    def _merge(self, *, all_hours: bool) -> None:
        try:
            self._writer.merge(None if all_hours else datetime.now(UTC))
        except Exception as error:  # the parts are still there, and are read as well
            logger.warning("Parts of the prediction log could not be merged: %s", error)
