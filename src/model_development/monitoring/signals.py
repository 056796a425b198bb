"""The table of signals: what the dashboard shows and the rules watch. Adding one is one row here.

Expressions are PromQL over the metrics of the service and of the text file that monitoring leaves.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Alert:
    """name : in CamelCase, as Prometheus has it. when : expression that has a value while something is wrong.

    lasting : how long it must be so, as Prometheus writes durations. severity : "critical" where somebody has
    to act at once, "warning" where a look is due. summary, action : what is wrong, what to do, for people.
    """

    name: str
    when: str
    lasting: str
    severity: str
    summary: str
    action: str


@dataclass(frozen=True)
class Signal:
    """One row, a panel of the dashboard. shown : {legend: expression}. unit : as Grafana names it."""

    title: str
    shown: dict[str, str]
    unit: str = "short"
    description: str = ""
    alerts: tuple[Alert, ...] = ()


REQUESTS = "sum(rate(model_requests_total[5m]))"
FAILED = 'sum(rate(model_requests_total{status=~"5.."}[5m]))'
ENOUGH_ROWS = "on() (sum(increase(model_rows_total[30m])) > 100)"
WARNED = "sum by (kind, column) (rate(model_input_warnings_total[30m]))"
WARNED_SHARE = f"{WARNED} / scalar(sum(rate(model_rows_total[30m])))"
SINCE_RUN = "time() - max(model_monitoring_last_run_timestamp_seconds)"


def _quantile(share):
    return f"histogram_quantile({share}, sum by (le) (rate(model_request_duration_seconds_bucket[5m])))"


SERVICE = (
    Signal(
        "Service",
        {"ready": "min(model_ready)", "{{name}} {{version}}": "max by (name, version) (model_info)"},
        description="1 while the service takes requests, and which model it serves.",
        alerts=(
            Alert(
                "ModelServiceAbsent",
                "absent(model_info)",
                "5m",
                "critical",
                "No model service is seen.",
                "Start it, or mend the scrape configuration.",
            ),
            Alert(
                "ModelServiceNotReady",
                "min(model_ready) == 0",
                "5m",
                "critical",
                "The model service is up but takes no requests.",
                "Read its log: a package that was changed is refused at start.",
            ),
        ),
    ),
    Signal("Requests", {"{{route}}": "sum by (route) (rate(model_requests_total[5m]))"}, "reqps"),
    Signal(
        "Share of failed requests",
        {"failed": f"{FAILED} / {REQUESTS}"},
        "percentunit",
        "Answers with a status of 500 or more.",
        (
            Alert(
                "ModelRequestsFail",
                f"{FAILED} / {REQUESTS} > 0.01",
                "5m",
                "critical",
                "More than 1 % of the requests fail.",
                "Read the service's log for the request ids; roll back if it began with a new version.",
            ),
        ),
    ),
    Signal(
        "Time to answer",
        {"median": _quantile(0.5), "95 %": _quantile(0.95), "99 %": _quantile(0.99)},
        "s",
        alerts=(
            Alert(
                "ModelAnswersSlowly",
                f"{_quantile(0.95)} > 0.5",
                "10m",
                "warning",
                "5 % of the requests take more than half a second.",
                "See whether large batches came, or whether another worker is due.",
            ),
        ),
    ),
    Signal("Requests under way", {"under way": "sum(model_requests_in_progress)"}),
    Signal("Rows", {"{{route}}": "sum by (route) (rate(model_rows_total[5m]))"}, "cps"),
    Signal("Refused requests", {"{{problem}}": "sum by (problem) (rate(model_problems_total[5m]))"}, "reqps"),
    Signal(
        "Memory and restarts",
        {
            "memory {{instance}}": "process_resident_memory_bytes",
        },
        "bytes",
        alerts=(
            Alert(
                "ModelServiceRestarts",
                "changes(process_start_time_seconds[1h]) > 3 and on(instance) model_info",
                "0m",
                "warning",
                "The model service started more than three times within an hour.",
                "See whether it is out of memory, and read the last lines of its log.",
            ),
        ),
    ),
    Signal(
        "Predictions",
        {"{{prediction}}": "sum by (prediction) (rate(model_predictions_total[30m]))"},
        "cps",
        "Predictions of each class; of a model of numbers see the next panel.",
    ),
    Signal(
        "Mean prediction",
        {"mean": "sum(rate(model_prediction_value_sum[30m])) / sum(rate(model_prediction_value_count[30m]))"},
    ),
    Signal("Decisions", {"{{decision}}": "sum by (decision) (rate(model_decisions_total[30m]))"}, "cps"),
    Signal(
        "Share of rows with a warning",
        {"{{kind}} {{column}}": f"topk(10, {WARNED_SHARE})"},
        "percentunit",
        "Unseen categories, numbers out of range, values that cannot be read.",
        (
            Alert(
                "ModelInputsOdd",
                f"({WARNED_SHARE} > 0.5) and {ENOUGH_ROWS}",
                "30m",
                "warning",
                "More than half of the rows hold odd values in {{ $labels.column }}.",
                "See what has changed where the rows come from.",
            ),
        ),
    ),
)
MONITORING = (
    Signal(
        "Alarms of monitoring",
        {"{{monitor}}": "max by (monitor) (model_monitoring_alarm)"},
        description="1 where the last run of monitoring raised an alarm.",
        alerts=(
            Alert(
                "ModelPerformanceFell",
                'max(model_monitoring_alarm{monitor="performance"}) == 1',
                "0m",
                "critical",
                "The model is worse on labelled rows than on the test rows.",
                "Open monitoring_report.html; it proposes retraining where the fall lasts.",
            ),
            Alert(
                "ModelMonitoringAlarm",
                'max by (monitor) (model_monitoring_alarm{monitor!="performance"}) == 1',
                "0m",
                "warning",
                "Monitoring raised an alarm: {{ $labels.monitor }}.",
                "Open monitoring_report.html.",
            ),
        ),
    ),
    Signal(
        "Time since monitoring ran",
        {"since": SINCE_RUN},
        "s",
        alerts=(
            Alert(
                "ModelMonitoringStopped",
                f"{SINCE_RUN} > 172800",
                "0m",
                "warning",
                "Monitoring has not run for two days.",
                "Start `model-development monitor` again.",
            ),
        ),
    ),
    Signal(
        "Metrics on labelled rows",
        {
            "{{metric}}": "model_monitoring_metric_value",
            "{{metric}} low": "model_monitoring_metric_low",
            "{{metric}} high": "model_monitoring_metric_high",
            "{{metric}} on the test rows": "model_monitoring_metric_test_value",
        },
    ),
    Signal("Drift by column", {"{{column}}": "topk(10, model_monitoring_drift_ratio)"}, "percentunit"),
    Signal("Drift of predictions", {"{{output}}": "model_monitoring_prediction_drift_ratio"}, "percentunit"),
    Signal(
        "Problems of inputs",
        {"{{problem}} {{column}}": "topk(10, model_monitoring_input_problem_ratio)"},
        "percentunit",
    ),
    Signal("Business figures", {"{{figure}}": "model_monitoring_business_value"}),
    Signal(
        "Rows of the window",
        {"rows": "model_monitoring_window_rows", "labelled": "model_monitoring_labelled_rows"},
        description="Windows that are too small raise no alarm.",
    ),
    Signal(
        "Retraining",
        {"proposed": "max(model_monitoring_retraining_proposed)"},
        alerts=(
            Alert(
                "ModelRetrainingDue",
                "max(model_monitoring_retraining_proposed) == 1",
                "0m",
                "warning",
                "The model has been worse for several windows.",
                "Run the command in monitoring_report.json under `retraining`, then the gate.",
            ),
        ),
    ),
)
SIGNALS = {"service": SERVICE, "monitoring": MONITORING}
