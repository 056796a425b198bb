"""Rows to answers: single ones at once, batches in a thread, in chunks between which others have a turn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ...errors import DataError
from ...row_plan.input_warning import kind_and_column
from .problems import Problem

if TYPE_CHECKING:
    from ...row_plan.answer import Answer
    from ..package.opening import ServedPackage
    from .input_schema import InputSchema
    from .metrics import ServiceMetrics
    from .request_record import RequestRecord
    from .settings import ServiceSettings

Row = Mapping[str, Any]
Done = TypeVar("Done")
CHUNK = 500  # rows of a batch that are answered at a stretch
AT_ONCE = 8  # rows that are answered without a thread, where a row takes microseconds
SMALL_BODY = 50_000  # bytes that are read without a thread
SIDE_BY_SIDE = 2  # batches that take turns; others wait


class Recorder(Protocol):
    """Takes predictions for monitoring, without waiting for a disk."""

    @property
    def n_dropped(self) -> int: ...

    def record(self, request_id: str, row: Row, answer: Answer, when: datetime) -> None: ...

    def close(self) -> None: ...


class Answering:
    """Answers of one package's model, counted and recorded.

    The thread is one, as frameworks differ in what they allow: a single row of a model without row plan waits
    for one chunk of each batch that is under way at most.
    """

    def __init__(
        self,
        package: ServedPackage,
        inputs: InputSchema,
        settings: ServiceSettings,
        metrics: ServiceMetrics,
        recorder: Recorder | None,
    ) -> None:
        self.package, self.inputs, self.settings = package, inputs, settings
        self.metrics, self.recorder = metrics, recorder
        self._thread = ThreadPoolExecutor(1, "batches")
        self._turns = asyncio.Semaphore(SIDE_BY_SIDE)
        self._n_batches = 0

    async def in_thread(self, work: Callable[[], Done]) -> Done:
        """Run what takes long beside the requests that do not."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def beside(self, work: Callable[[], None]) -> None:
        """Run in the thread what nobody waits for."""
        self._thread.submit(work)

    async def read(self, body: bytes, parse: Callable[[bytes], Done]) -> Done:
        """Parse a body: in the thread, where it is large."""
        if len(body) <= SMALL_BODY:
            return parse(body)
        return await self.in_thread(lambda: parse(body))

    async def require(self, rows: Sequence[Row]) -> None:
        """Raise Problem where rows are not as the schema has them: in the thread, where there are many."""
        if len(rows) <= AT_ONCE:
            self.inputs.require(rows)
        else:
            await self.in_thread(lambda: self.inputs.require(rows))

    async def one(self, row: Row, record: RequestRecord, route: str) -> Answer:
        """Answer one checked row. Raises Problem where the model refuses it."""
        work = partial(self._answer, [row], [record.id])
        answers = work() if self.package.model.uses_plan else await self.in_thread(work)
        self._note([row], record, route)
        return answers[0]

    async def many(
        self, rows: Sequence[Row], record: RequestRecord, route: str, *, from_text: bool = False
    ) -> list[Answer]:
        """Answer checked rows in their order. Raises Problem where the model refuses one, or is too busy.

        from_text : all values are texts, as CSV has them, which is no reason to warn.
        """
        work = partial(self._answer, from_text=from_text)
        ids = prediction_ids(record, len(rows))
        if len(rows) <= AT_ONCE and self.package.model.uses_plan:
            answers = work(rows, ids)
        else:
            answers = await self._in_chunks(rows, ids, work)
        self._note(rows, record, route)
        return answers

    async def explain(self, row: Row) -> dict[str, Any]:
        """Explain one checked row, in its turn among batches. Raises Problem where too many wait."""
        assert self.package.explain is not None
        async with self._turn():
            return await self.in_thread(partial(self.package.explain, row))

    async def _in_chunks(self, rows, ids, work):
        size = CHUNK if self.package.model.answers_rows_alone else max(1, len(rows))
        async with self._turn():
            answers = []
            for start in range(0, len(rows), size):
                chunk = slice(start, start + size)
                answers += await self.in_thread(partial(work, rows[chunk], ids[chunk]))
            return answers

    @asynccontextmanager
    async def _turn(self):
        if self._n_batches >= self.settings.max_waiting_batches:
            said = f"{self._n_batches} batches are under way (MAX_WAITING_BATCHES). Try again later."
            raise Problem("busy", said, headers={"Retry-After": "1"})
        self._n_batches += 1
        try:
            async with self._turns:
                yield
        finally:
            self._n_batches -= 1

    def _answer(self, rows, ids, from_text=False):
        """Answers, which are counted and recorded."""
        if not rows:
            return []
        model, when = self.package.model, datetime.now(UTC)
        try:
            answers = [model.answer(rows[0])] if len(rows) == 1 else model.answer_rows(rows)
        except DataError as error:
            raise Problem("invalid_rows", str(error)) from None
        if not from_text:
            answers = [self._remarked(row, answer) for row, answer in zip(rows, answers, strict=True)]
        self.metrics.count_answers(answers)
        if self.recorder is not None:
            for row, answer, request_id in zip(rows, answers, ids, strict=True):
                self.recorder.record(request_id, row, answer, when)
        return answers

    def _remarked(self, row, answer):
        found = self.inputs.remarks(row)
        if not found:
            return answer
        known = {kind_and_column(warning)[1] for warning in answer.warnings}
        new = tuple(remark for remark in found if remark.column not in known)
        return replace(answer, warnings=(*answer.warnings, *new))

    def _note(self, rows, record, route):
        record.n_rows = len(rows)
        if self.settings.log_inputs:
            record.inputs = list(rows)
        self.metrics.count_rows(route, len(rows))

    def close(self) -> None:
        """End the thread and the record of predictions."""
        self._thread.shutdown(wait=True, cancel_futures=True)
        if self.recorder is not None:
            self.recorder.close()


def prediction_ids(record: RequestRecord, n_rows: int) -> list[str]:
    """What labels are joined by later: the request's id, with the row's number in a batch behind it."""
    return [f"{record.id}-{number}" for number in range(n_rows)]
