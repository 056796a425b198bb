"""What is to be solved and when it is solved: from the use case and the table; what neither says is a gap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from ..errors import SettingsError
from ..reports.numbers import format_number

if TYPE_CHECKING:
    from ..use_cases.use_case import UseCase
    from .data_profile import DataProfile

DIRECTIONS = ("at_least", "at_most")
GAP = "GAP: "  # begins what only a person can say


@dataclass(frozen=True)
class Criterion:
    """A metric on test rows, `at_least` or `at_most` a value, and where that is from."""

    metric: str
    direction: str
    value: float
    source: str


def require_criteria(definition: Mapping[str, Any], where: str) -> None:
    """Raise SettingsError for success criteria that a person has not written as they are judged.

    >>> require_criteria({"success_criteria": [{"metric": "rmse", "at_most": 2}]}, "it")
    Traceback (most recent call last):
    model_development.errors.SettingsError: it: success_criteria[0] is {'metric': 'rmse', 'at_most': 2}. ...
    """
    criteria = definition.get("success_criteria", [])
    for number, row in enumerate(criteria if isinstance(criteria, list) else [criteria]):
        value = row.get("value") if isinstance(row, dict) else None
        if (
            not isinstance(criteria, list)
            or not isinstance(row, dict)
            or not isinstance(row.get("metric"), str)
            or row.get("direction") not in DIRECTIONS
            or isinstance(value, bool)
            or not isinstance(value, int | float)
        ):
            raise SettingsError(
                f"{where}: success_criteria[{number}] is {row!r}. Write a list of criteria such as "
                '{"metric": "roc_auc", "direction": "at_least", "value": 0.8, "source": "the board"}; '
                "direction is at_least or at_most."
            )


@dataclass(frozen=True)
class ProblemDefinition:
    """The problem in parts. Each text says what is known and where from, or begins with GAP.

    baseline : {"metric", "value", "what"} of a guess that ignores the features; value None where unknown.
    gaps : names of the parts that a person has to fill in.
    """

    project: str
    use_case: str | None
    objective: str
    target: str
    problem_type: str
    why_this_type: str
    primary_metric: str
    why_this_metric: str
    success_criteria: tuple[Criterion, ...]
    constraints: tuple[str, ...]
    cost_of_errors: tuple[str, ...]
    baseline: dict[str, Any]
    data: str
    split: str
    leaks: tuple[str, ...]
    regulation: tuple[str, ...]
    monitoring: tuple[str, ...]
    gaps: tuple[str, ...] = ()


def define_problem(
    project: str,
    target: str,
    metric: str,
    *,
    case: UseCase | None = None,
    profile: DataProfile | None = None,
    baseline: float | None = None,
    split: str = "stratified",
) -> ProblemDefinition:
    """Return what is known of a problem; nothing is invented.

    target : column. metric : the primary one. case : of the catalogue. profile : of the table.
    baseline : what a constant reaches of the metric. split : the setting.
    """
    told = _of_case(case, target) if case else _of_nobody(target)
    definition = ProblemDefinition(
        project=project,
        use_case=case.key if case else None,
        target=f"{target} ({case.target.unit})" if case and case.target.unit else target,
        problem_type=profile.problem_type if profile else case.problem_type if case else f"{GAP}unknown",
        why_this_type=_why_type(case, profile),
        primary_metric=metric,
        baseline={
            "metric": metric,
            "value": baseline,
            "what": "the best constant, which ignores the features",
        },
        data=_data(profile),
        split=f"{split}: {case.split.why}" if case else f"{split} (setting `split`); {GAP}is it right here?",
        **told,
    )
    return replace(definition, gaps=_gaps(definition))


def _of_case(case: UseCase, target: str) -> dict[str, Any]:
    criteria = [Criterion(name, "at_least", value, "use case") for name, value in case.gate.min.items()]
    criteria += [Criterion(name, "at_most", value, "use case") for name, value in case.gate.max.items()]
    high, low = ("too high", "too low") if case.target.range else ("false alarm", "missed")
    return {
        "objective": case.question,
        "why_this_metric": case.metric.why,
        "success_criteria": tuple(criteria),
        "constraints": (
            *case.constraints,
            f"{GAP}largest latency and size of the model, and hours of service",
        ),
        "cost_of_errors": (
            f"{high}: {case.errors.false_positive}",
            f"{low}: {case.errors.false_negative}",
            f"{GAP}in money. To start a talk with: one {low} costs as much as {case.errors.ratio:g} {high}.",
        ),
        "leaks": tuple(case.leaks),
        "regulation": tuple(case.regulation),
        "monitoring": (
            f"The truth is known after: {case.monitoring.labels_after}.",
            f"Watch: {', '.join(case.monitoring.watch)}.",
            case.monitoring.alarm,
        ),
    }


def _of_nobody(target: str) -> dict[str, Any]:
    return {
        "objective": f"{GAP}which decision becomes better when {target!r} is known in time, and whose is it?",
        "why_this_metric": f"{GAP}the default of this kind of problem; say why it is the one that counts",
        "success_criteria": (),
        "constraints": (f"{GAP}latency, size, explanations, people who must agree",),
        "cost_of_errors": (f"{GAP}what a false alarm costs, and what a missed case",),
        "leaks": (f"{GAP}which columns are known only after the prediction is made?",),
        "regulation": (f"{GAP}which rules apply to this decision and to these data?",),
        "monitoring": (f"{GAP}when is the truth known, and who looks?",),
    }


def _why_type(case, profile):
    if profile is None:
        return "The use case says so." if case else f"{GAP}no table has been read yet"
    if profile.n_classes:
        rarest = f"the rarest in {profile.smallest_class} of {profile.n_rows} rows"
        return f"The target holds {profile.n_classes} classes, {rarest}."
    return f"The target holds numbers in {profile.n_rows} rows."


def _data(profile):
    if profile is None:
        return f"{GAP}no table has been read yet"
    return (
        f"{profile.n_rows} rows with a target, {profile.n_columns} columns that are used "
        f"({profile.n_numbers} numbers, {profile.n_categories} categories, {profile.n_texts} texts), "
        f"{profile.missing_share:.1%} of the values missing."
    )


def _gaps(definition):
    found = []
    for field in fields(definition):
        value = getattr(definition, field.name)
        texts = (
            [value] if isinstance(value, str) else [v for v in value if isinstance(v, str)] if value else []
        )
        if any(GAP in text for text in texts) or (field.name == "success_criteria" and not value):
            found.append(field.name)
    if definition.baseline["value"] is None:
        found.append("baseline")
    return tuple(found)


def to_payload(definition: ProblemDefinition) -> dict[str, Any]:
    """Return the definition as what problem_definition.json holds."""
    return asdict(definition)


def to_markdown(definition: ProblemDefinition) -> str:
    """Return the definition as a page for people; gaps are marked."""
    d, base = definition, definition.baseline
    value = "measured in phase 1" if base["value"] is None else format_number(base["value"])
    criteria = [
        f"{c.metric} {c.direction.replace('_', ' ')} {c.value:g} ({c.source})" for c in d.success_criteria
    ]
    sections = {
        "Objective": [d.objective],
        "Target and kind of problem": [f"`{d.target}`, {d.problem_type}. {d.why_this_type}"],
        "Metric that counts": [f"`{d.primary_metric}`: {d.why_this_metric}"],
        "Success criteria": _items(criteria or [f"{GAP}which values of which metrics are good enough?"]),
        "Baseline that counts": [f"`{base['metric']}` {value}: {base['what']}."],
        "Cost of errors": _items(d.cost_of_errors),
        "Constraints": _items(d.constraints),
        "Data": [d.data],
        "Split": [d.split],
        "Columns not to be trusted": _items(d.leaks),
        "Regulation to think of": _items(d.regulation),
        "Monitoring": _items(d.monitoring),
    }
    body = "\n\n".join(f"## {title}\n\n" + "\n".join(lines) for title, lines in sections.items())
    gaps = (
        f"\n\n{len(d.gaps)} parts have gaps, marked GAP, for a person to fill in: {', '.join(d.gaps)}."
        if d.gaps
        else ""
    )
    of_case = f" (use case `{d.use_case}`)" if d.use_case else ""
    return f"# Problem definition: {d.project}{of_case}{gaps}\n\n{body.replace(GAP, '**GAP**: ')}\n"


def _items(texts):
    return [f"- {text}" for text in texts]
