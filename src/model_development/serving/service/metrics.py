"""What the service counts, for Prometheus."""

from __future__ import annotations

import os
from collections import Counter as TimesSeen
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from ...row_plan.input_warning import kind_and_column
from . import metric_names as m

if TYPE_CHECKING:
    from ...row_plan.answer import Answer

MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"  # folder in which several workers count together
MOST_VALUES = 100  # of one label; further ones are counted as OTHER
OTHER = "(other)"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
N_ROWS = (1, 10, 100, 1_000, 10_000, 100_000)
SHARES = tuple(tenth / 10 for tenth in range(1, 11))
POWERS = (-1e6, -1e3, -1.0, 0.0, 1.0, 1e3, 1e6)  # buckets of predictions whose range is not known
BUCKETS = {m.DURATION: SECONDS, m.BATCH_ROWS: N_ROWS, m.PROBABILITIES: SHARES}
SUMMED = (m.IN_PROGRESS, m.NOT_RECORDED)  # over workers; of other gauges the least counts
MAKERS: dict[str, Callable[..., Any]] = {"counter": Counter, "gauge": Gauge, "histogram": Histogram}


class ServiceMetrics:
    """classes : labels as texts. columns : of the schema. edges : buckets of predicted numbers."""

    def __init__(
        self, classes: Collection[str], columns: Collection[str], edges: Sequence[float] = ()
    ) -> None:
        prometheus_client.disable_created_metrics()
        self.registry = CollectorRegistry()
        if MULTIPROCESS not in os.environ:
            ProcessCollector(registry=self.registry)
        buckets = BUCKETS | {m.VALUES: tuple(sorted(set(edges))) or POWERS}
        self._of = {metric: _made(metric, buckets, self.registry) for metric in m.METRICS}
        self._classes = frozenset(list(classes)[:MOST_VALUES])
        self._columns = frozenset(list(columns)[:MOST_VALUES])
        self.of = lru_cache(maxsize=5_000)(self._labelled)  # finding a child by its labels takes 1 us each

    def _labelled(self, metric: m.Metric, *labels: str) -> Any:
        """The counter of a metric with these labels."""
        found = self._of[metric]
        return found.labels(*labels) if labels else found

    def count_answers(self, answers: Sequence[Answer]) -> None:
        """Count predictions, decisions, probabilities and warnings."""
        if not answers:
            return
        if answers[0].probabilities is None:
            values = self.of(m.VALUES)
            for answer in answers:
                values.observe(answer.prediction)
        else:
            self._count_classes(answers)
        for answer in answers:
            for warning in answer.warnings:
                self._count_warning(*kind_and_column(warning))

    def _count_classes(self, answers):
        for label, n in TimesSeen(answer.prediction for answer in answers).items():
            self.of(m.PREDICTIONS, self._class(label)).inc(n)
        for label, n in TimesSeen(answer.decision for answer in answers).items():
            if label is not None:
                self.of(m.DECISIONS, self._class(label)).inc(n)
        for label in answers[0].probabilities:
            if label in self._classes:
                observe = self.of(m.PROBABILITIES, label).observe
                for answer in answers:
                    observe(answer.probabilities[label])

    def _count_warning(self, kind: str, column: str) -> None:
        """A client cannot make up columns."""
        self.of(m.WARNINGS, kind, column if column in self._columns else OTHER).inc()

    def count_rows(self, route: str, n_rows: int) -> None:
        """Count the rows of one request."""
        self.of(m.ROWS, route).inc(n_rows)
        self.of(m.BATCH_ROWS, route).observe(n_rows)

    def text(self) -> bytes:
        """What Prometheus scrapes; of several workers that count together, all of them."""
        if MULTIPROCESS not in os.environ:
            return generate_latest(self.registry)
        together = CollectorRegistry()
        MultiProcessCollector(together)
        return generate_latest(together)

    def close(self) -> None:
        """What this worker says of itself counts no longer among others."""
        if MULTIPROCESS in os.environ:
            mark_process_dead(os.getpid())

    def _class(self, label):
        text = str(label)
        return text if text in self._classes else OTHER


def _made(metric, buckets, registry):
    options: dict[str, Any] = {}
    if metric.kind == "histogram":
        options["buckets"] = buckets[metric]
    if metric.kind == "gauge":
        options["multiprocess_mode"] = "livesum" if metric in SUMMED else "livemin"
    return MAKERS[metric.kind](metric.name, metric.help, metric.labels, registry=registry, **options)
