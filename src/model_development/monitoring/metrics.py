"""Every metric that monitoring leaves for Prometheus, in the text file that the node exporter collects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class TextMetric:
    """One row, a gauge in base units. labels : names of its labels."""

    name: str
    help: str
    labels: tuple[str, ...] = ()


INFO = TextMetric("model_monitoring_info", "1, with what was monitored in its labels.", ("name", "version"))
LAST_RUN = TextMetric("model_monitoring_last_run_timestamp_seconds", "When monitoring ran last.")
WINDOW_ROWS = TextMetric("model_monitoring_window_rows", "Rows of the window.")
LABELLED_ROWS = TextMetric("model_monitoring_labelled_rows", "Rows whose label is known.")
ALARM = TextMetric("model_monitoring_alarm", "1 where a monitor raises an alarm.", ("monitor",))
SUFFICES = TextMetric(
    "model_monitoring_rows_suffice",
    "0 where a window is too small for a monitor to say anything.",
    ("monitor",),
)
PROBLEM = TextMetric(
    "model_monitoring_input_problem_ratio", "Share of rows with a problem in a column.", ("column", "problem")
)
DRIFT = TextMetric(
    "model_monitoring_drift_ratio", "Difference from the training rows, 0 to 1, by column.", ("column",)
)
PREDICTION_DRIFT = TextMetric(
    "model_monitoring_prediction_drift_ratio", "The same of what the model says, by class.", ("output",)
)
VALUE = TextMetric("model_monitoring_metric_value", "A metric on the labelled rows.", ("metric",))
LOW = TextMetric("model_monitoring_metric_low", "Lower end of its 95 % interval.", ("metric",))
HIGH = TextMetric("model_monitoring_metric_high", "Upper end of its 95 % interval.", ("metric",))
TEST_VALUE = TextMetric("model_monitoring_metric_test_value", "The metric on the test rows.", ("metric",))
BUSINESS = TextMetric(
    "model_monitoring_business_value", "A business figure of the labelled rows.", ("figure",)
)
RETRAINING = TextMetric("model_monitoring_retraining_proposed", "1 while retraining is proposed.")

TEXT_METRICS = (
    *(INFO, LAST_RUN, WINDOW_ROWS, LABELLED_ROWS, ALARM, SUFFICES, PROBLEM, DRIFT, PREDICTION_DRIFT),
    *(VALUE, LOW, HIGH, TEST_VALUE, BUSINESS, RETRAINING),
)
TEXT_METRIC_NAMES = tuple(metric.name for metric in TEXT_METRICS)


@dataclass(frozen=True)
class Sample:
    """One value. labels : the values of the metric's labels, in their order."""

    metric: TextMetric
    value: float
    labels: tuple[str, ...] = ()


def as_text(samples: Iterable[Sample]) -> str:
    """Return samples in Prometheus' text format.

    >>> print(as_text([Sample(ALARM, 1, ("data_drift",))]), end="")
    # HELP model_monitoring_alarm 1 where a monitor raises an alarm.
    # TYPE model_monitoring_alarm gauge
    model_monitoring_alarm{monitor="data_drift"} 1.0
    """
    by_metric: Mapping[str, list[Sample]] = {metric.name: [] for metric in TEXT_METRICS}
    for sample in samples:
        by_metric[sample.metric.name].append(sample)
    lines = []
    for found in filter(None, by_metric.values()):
        metric = found[0].metric
        lines += [f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} gauge"]
        lines += [f"{metric.name}{_labels(sample)} {float(sample.value)!r}" for sample in found]
    return "".join(f"{line}\n" for line in lines)


def _labels(sample):
    pairs = zip(sample.metric.labels, sample.labels, strict=True)
    written = ",".join(f'{name}="{_escaped(value)}"' for name, value in pairs)
    return f"{{{written}}}" if written else ""


def _escaped(value):
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
