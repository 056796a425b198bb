"""Alerts as a rule file that Prometheus takes, from the table of signals."""

from __future__ import annotations

import json

from .signals import SIGNALS, Alert

HEAD = "# Prometheus: name this file under `rule_files`. Written from the table of signals.\ngroups:\n"


def alert_rules() -> str:
    """Return alerts.yaml, one group for each part of the table."""
    groups = []
    for part, signals in SIGNALS.items():
        rules = "".join(_rule(alert) for signal in signals for alert in signal.alerts)
        groups.append(f"  - name: {_scalar(f'model {part}')}\n    rules:\n{rules}")
    return HEAD + "".join(groups)


def _rule(alert: Alert) -> str:
    return (
        f"      - alert: {alert.name}\n"
        f"        expr: {_scalar(alert.when)}\n"
        f"        for: {alert.lasting}\n"
        f"        labels:\n"
        f"          severity: {alert.severity}\n"
        f"        annotations:\n"
        f"          summary: {_scalar(alert.summary)}\n"
        f"          description: {_scalar(alert.action)}\n"
    )


def _scalar(text: str) -> str:
    """A text in double quotes, which JSON and YAML write alike."""
    return json.dumps(text, ensure_ascii=False)
