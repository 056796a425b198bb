"""Rules and dashboard ask for metrics that are there; the text file is one that Prometheus reads."""

import json
import re

import yaml
from prometheus_client.parser import text_string_to_metric_families

from model_development.monitoring.dashboard import dashboard
from model_development.monitoring.metrics import TEXT_METRIC_NAMES, TEXT_METRICS, Sample, as_text
from model_development.monitoring.rules import alert_rules
from model_development.monitoring.signals import SIGNALS
from model_development.serving.service import metric_names as service

NAME = re.compile(r"\b(?:model|process)_[a-z_]+")
KNOWN = {*TEXT_METRIC_NAMES, *service.METRIC_NAMES}
LABELS = {
    **{metric.name: metric.labels for metric in TEXT_METRICS},
    **{sample: metric.labels for metric in service.METRICS for sample in metric.samples},
}


def expressions():
    rules = yaml.safe_load(alert_rules())
    alerts = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    panels = [target["expr"] for panel in dashboard()["panels"] for target in panel.get("targets", ())]
    return alerts, panels


def test_every_name_in_rules_and_dashboard_is_a_metric():
    alerts, panels = expressions()
    assert len(alerts) >= 10
    for expression in alerts + panels:
        names = NAME.findall(expression)
        assert names, expression
        assert set(names) <= KNOWN, set(names) - KNOWN
        assert expression.count("(") == expression.count(")")


def test_every_label_in_them_is_one_of_the_metric():
    for expression in sum(expressions(), []):
        known = {label for name in NAME.findall(expression) for label in LABELS.get(name, ())}
        by = {label for group in re.findall(r"by \(([^)]*)\)", expression) for label in group.split(", ")}
        chosen = set(re.findall(r"([a-z]+)[!=]~?=?\"", expression))
        assert (by | chosen) - {"le"} <= known, expression


def test_rules_have_what_prometheus_and_people_need():
    rules = [rule for group in yaml.safe_load(alert_rules())["groups"] for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
        assert re.fullmatch(r"[A-Z]\w+", rule["alert"])
        assert re.fullmatch(r"\d+[smhd]", rule["for"])
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert {"summary", "description"} == set(rule["annotations"])


def test_the_dashboard_shows_every_signal_once_and_no_panel_lies_on_another():
    panels = json.loads(json.dumps(dashboard()))["panels"]
    titles = [panel["title"] for panel in panels if panel["type"] != "row"]
    assert titles == [signal.title for part in SIGNALS.values() for signal in part]
    cells = [
        (x, y)
        for grid in (panel["gridPos"] for panel in panels)
        for x in range(grid["x"], grid["x"] + grid["w"])
        for y in range(grid["y"], grid["y"] + grid["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert len({panel["id"] for panel in panels}) == len(panels)


def test_the_text_file_is_read_by_prometheus_with_any_label():
    odd = 'a "b"\\c\nd é'
    text = as_text([Sample(m, 0.5, (odd,) * len(m.labels)) for m in TEXT_METRICS])
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert set(families) == set(TEXT_METRIC_NAMES)
    for metric in TEXT_METRICS:
        (sample,) = families[metric.name].samples
        assert sample.value == 0.5
        assert sample.labels == dict.fromkeys(metric.labels, odd)
