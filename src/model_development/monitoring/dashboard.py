"""The dashboard for Grafana, from the table of signals."""

from __future__ import annotations

from typing import Any

from .signals import SIGNALS, Signal

WIDTH, HEIGHT, PER_ROW = 8, 7, 3  # of a panel, in Grafana's grid of 24 columns
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
VARIABLE = {
    "name": "datasource",
    "label": "Prometheus",
    "type": "datasource",
    "query": "prometheus",
    "hide": 0,
    "refresh": 1,
}


def dashboard() -> dict[str, Any]:
    """Return dashboard.json: one row of panels for each part of the table."""
    return {
        "uid": "model-service",
        "title": "Model in use",
        "tags": ["model"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "timezone": "utc",
        "refresh": "1m",
        "time": {"from": "now-24h", "to": "now"},
        "templating": {"list": [VARIABLE]},
        "annotations": {"list": []},
        "panels": _panels(),
    }


def _panels():
    panels: list[dict[str, Any]] = []
    top = 0
    for part, signals in SIGNALS.items():
        grid = {"h": 1, "w": 24, "x": 0, "y": top}
        panels.append({"id": len(panels) + 1, "type": "row", "title": part.capitalize(), "gridPos": grid})
        for position, signal in enumerate(signals):
            row, column = divmod(position, PER_ROW)
            place = {"h": HEIGHT, "w": WIDTH, "x": WIDTH * column, "y": top + 1 + HEIGHT * row}
            panels.append(_panel(len(panels) + 1, signal, place))
        top += 1 + HEIGHT * -(-len(signals) // PER_ROW)
    return panels


def _panel(number: int, signal: Signal, place: dict[str, int]) -> dict[str, Any]:
    targets = [
        {"refId": chr(ord("A") + k), "expr": shown, "legendFormat": legend, "datasource": SOURCE}
        for k, (legend, shown) in enumerate(signal.shown.items())
    ]
    return {
        "id": number,
        "type": "timeseries",
        "title": signal.title,
        "description": signal.description,
        "gridPos": place,
        "datasource": SOURCE,
        "fieldConfig": {"defaults": {"unit": signal.unit}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
        "targets": targets,
    }
