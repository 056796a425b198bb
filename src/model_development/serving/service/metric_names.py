"""Every metric of the service: dashboard, rules and pages take their names from here.

Units are base units: seconds, bytes, rows.
"""

from __future__ import annotations

from dataclasses import dataclass

SAMPLES = {  # what stands in the text of /metrics, after the name of the metric
    "counter": ("_total",),
    "gauge": ("",),
    "histogram": ("_bucket", "_sum", "_count"),
}


@dataclass(frozen=True, eq=False)  # each is itself alone, and quickly found
class Metric:
    """One row. name : without the ending that its kind gives it. kind : one of SAMPLES."""

    name: str
    kind: str
    help: str
    labels: tuple[str, ...] = ()

    @property
    def samples(self) -> tuple[str, ...]:
        """The names that queries use."""
        return tuple(f"{self.name}{ending}" for ending in SAMPLES[self.kind])


REQUESTS = Metric("model_requests", "counter", "Requests that were answered.", ("route", "method", "status"))
DURATION = Metric(
    "model_request_duration_seconds", "histogram", "Seconds from the request to its answer.", ("route",)
)
IN_PROGRESS = Metric("model_requests_in_progress", "gauge", "Requests under way.")
ROWS = Metric("model_rows", "counter", "Rows that were answered.", ("route",))
BATCH_ROWS = Metric("model_request_rows", "histogram", "Rows of a request.", ("route",))
PREDICTIONS = Metric("model_predictions", "counter", "Predictions of each class.", ("prediction",))
DECISIONS = Metric("model_decisions", "counter", "Decisions of the decision policy.", ("decision",))
VALUES = Metric("model_prediction_value", "histogram", "Predicted numbers, in the unit of the target.")
PROBABILITIES = Metric(
    "model_prediction_probability", "histogram", "Probabilities of each class.", ("prediction",)
)
WARNINGS = Metric("model_input_warnings", "counter", "Warnings about values of rows.", ("kind", "column"))
PROBLEMS = Metric("model_problems", "counter", "Requests that ended in a problem.", ("problem",))
NOT_RECORDED = Metric("model_predictions_not_recorded", "gauge", "Predictions that were not recorded.")
INFO = Metric(
    "model_info", "gauge", "1, with what is served in its labels.", ("name", "version", "algorithm")
)
READY = Metric("model_ready", "gauge", "1 while the service takes requests.")

METRICS = (
    *(REQUESTS, DURATION, IN_PROGRESS, ROWS, BATCH_ROWS, PREDICTIONS, DECISIONS, VALUES, PROBABILITIES),
    *(WARNINGS, PROBLEMS, NOT_RECORDED, INFO, READY),
)
OF_THE_PROCESS = (  # prometheus_client's own, of one worker process on Linux
    *("process_cpu_seconds_total", "process_resident_memory_bytes", "process_virtual_memory_bytes"),
    *("process_start_time_seconds", "process_open_fds", "process_max_fds"),
)
METRIC_NAMES = tuple(sample for metric in METRICS for sample in metric.samples) + OF_THE_PROCESS
