"""What monitoring says: a page, a file for programs, and a few lines on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ...monitoring.monitor_input import minute
from ...monitoring.table import MONITORS, PERFORMANCE
from ...reports.html import report_page
from ...reports.monitoring_plots import performance_chart
from ...reports.numbers import format_number
from ...reports.section import Picture, Section
from ...storage import files
from .retraining import proposal

if TYPE_CHECKING:
    from .phase import Monitored

ALARM, QUIET, SMALL = "alarm", "no alarm", "too few rows"
MOST_WINDOWS = 60  # drawn of the history


def state_of(found: Monitored, name: str) -> str:
    """What a monitor came to, in a word or two."""
    if name in found.failed:
        return "failed"
    result = found.results[name]
    return ALARM if result.alarms else QUIET if result.suffices else SMALL


def monitoring_summary(found: Monitored) -> str:
    """Return what was found as a short text for people."""
    given, package = found.given, found.package
    lines = [
        f"Model        {package.name} {package.version}",
        f"Rows         {len(given.rows):,} of {found.read.source}{given.rows.when()}",
    ]
    if given.labelled is not None:
        lines.append(f"Labelled     {len(given.labelled):,}{given.labelled.rows.when()}")
    shown = [name for name in MONITORS if name in found.results or name in found.failed]
    lines += [f"{MONITORS[name].title:<37}{state_of(found, name)}" for name in shown]
    lines += [f"ALARM: {text}" for _, text in found.alarms]
    lines += [f"{MONITORS[name].title} failed: {reason}" for name, reason in found.failed.items()]
    lines += [f"Note: {note}" for note in notes(found)]
    proposed = proposal(found)
    if proposed:
        lines += [f"RETRAIN: {proposed['why']}", f"  {proposed['command']}"]
    lines.append(f"Report       {found.request.folder / files.MONITORING_REPORT}")
    return "\n".join(lines)


def notes(found: Monitored) -> list[str]:
    """What is to be known of rows and package."""
    return [*found.package.notes, *found.read.notes]


def monitoring_content(found: Monitored) -> dict[str, Any]:
    """Return monitoring_report.json as a dict."""
    return {
        **found.entry,
        "data_source": found.read.source,
        "primary_metric": found.package.metric.name,
        "has_alarm": bool(found.alarms),
        "monitors": {
            name: {
                "state": state_of(found, name),
                "alarms": list(result.alarms),
                "sentences": list(result.section.sentences),
                "values": dict(result.section.values),
            }
            for name, result in found.results.items()
        },
        "failed": dict(found.failed),
        "notes": notes(found),
        "retraining": proposal(found),
    }


def monitoring_page(found: Monitored) -> str:
    """Return monitoring_report.html."""
    proposed = proposal(found)
    sections = [("overview", "Overview", _overview(found))]
    if proposed:
        data = proposed["data"]
        rows = f"{data['with']} and {data['n_labelled']:,} labelled rows"
        said = (proposed["why"], f"Data: {rows}.", f"Command: {proposed['command']}")
        sections.append(("retraining", "Retraining", Section(said)))
    for name in (name for name in MONITORS if name in found.results):
        section = found.results[name].section
        if name == PERFORMANCE and found.windows:
            section = _with_course(section, found)
        sections.append((name, MONITORS[name].title, section))
    package = found.package
    return report_page(
        title=f"{package.name} {package.version} in use",
        origin=f"Monitored {minute(found.entry['time'])} UTC, {found.read.source}",
        lead=_lead(found),
        facts=_facts(found),
        warnings=[text for _, text in found.alarms],
        sections=sections,
    )


def _lead(found):
    n = len(found.alarms)
    if not n:
        yield "No monitor raises an alarm."
    else:
        titles = [MONITORS[name].title.lower() for name in dict.fromkeys(name for name, _ in found.alarms)]
        yield f"{n} alarm{'s' if n > 1 else ''}: {', '.join(titles)}."
    small = [MONITORS[name].title.lower() for name in found.results if state_of(found, name) == SMALL]
    if small:
        yield f"Too few rows to say anything of: {', '.join(small)}."
    yield from notes(found)


def _facts(found):
    given = found.given
    facts = [("Rows", f"{len(given.rows):,}", given.rows.when().strip())]
    if found.windows:
        last = found.windows[0]
        facts.append(
            (
                found.package.metric.label,
                format_number(last["value"]),
                f"95 % interval {format_number(last['low'])} to {format_number(last['high'])}; "
                f"test rows {format_number(last['test_value'])}",
            )
        )
    facts.append(("Alarms", str(len(found.alarms)), f"{len(found.results)} monitors looked"))
    facts.append(("Retraining", "proposed" if found.falling else "not proposed", ""))
    return facts


def _overview(found):
    shown = [name for name in MONITORS if name in found.results or name in found.failed]
    table = pd.DataFrame(
        {
            "monitor": [MONITORS[name].title for name in shown],
            "state": [state_of(found, name) for name in shown],
            "alarms": [len(found.results[name].alarms) if name in found.results else 0 for name in shown],
        }
    )
    said = [f"{MONITORS[name].title} failed: {reason}" for name, reason in found.failed.items()]
    return Section(tuple(said), tables={"Monitors": table})


def _with_course(section, found):
    """The performance with what earlier runs found of it."""
    latest = found.windows[:MOST_WINDOWS][::-1]
    course = pd.DataFrame(
        {name: [window[name] for window in latest] for name in ("value", "low", "high", "is_worse")}
    )
    course["end"] = [minute(window["window"]["end"] or f"run {k + 1}") for k, window in enumerate(latest)]
    tested = found.given.tested.get(found.package.metric.name)
    ends = None if tested is None else (tested.value, tested.low, tested.high)
    chart = performance_chart(course, found.package.metric.label, ends)
    worse = int(course["is_worse"].sum())
    alt = f"{len(course)} windows of labelled rows, {worse} of them worse than the test rows."
    return Section(
        section.sentences,
        section.tables,
        {"Performance, window by window": Picture(chart, alt), **section.pictures},
        values=section.values,
    )
