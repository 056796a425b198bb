"""What phase 3 says: the summary on the first page, the report, the model card."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...data.checks.check_input import INFO
from ...evaluation.table import ANALYSES
from ...explanation.table import EXPLANATIONS
from ...metrics.own import metric_of
from ...reports.html import report_page
from ...reports.markdown import markdown_table, model_card, plain
from ...reports.numbers import format_change, format_number
from ...reports.section import Section
from ...settings.splits import SPLITS
from ...storage import files as artifacts
from .candidates import BASELINE, DUMMY, FINAL, RUNNER_UP
from .cautions import all_cautions, cautions_of, first_cautions, times
from .figures import all_metrics_table, differences_table, figures_table, verdict

if TYPE_CHECKING:
    from ...metrics.table import Metric
    from .opening import EvaluationPhase

PARTS = {**ANALYSES, **EXPLANATIONS}
FIGURES, RECORD = "How good the model is", "How this was made"
DIFFERENCE_SENTENCES = {
    DUMMY: "a guess that ignores the features",
    BASELINE: "{name} as phase 1 fitted it, on {fitted_on}",
    RUNNER_UP: "the runner-up of phase 1, {name}",
}


def evaluation_summary(content: Mapping[str, Any], folder: Path) -> str:
    """Return what was found as a short text for people."""
    metric = metric_of(content)
    lines = ["", *lead(content, metric), *(f"WARNING: {text}" for text in cautions_of(content))]
    lines += [f"{name}: {reason}" for name, reason in content["failed"].items()]
    lines += [f"Report       {folder / artifacts.EVALUATION_REPORT}"]
    lines += [f"Model card   {folder / artifacts.MODEL_CARD}"]
    return "\n".join(lines)


def lead(content: Mapping[str, Any], metric: Metric) -> list[str]:
    """Say in a few sentences how good the model is, how sure that is, and against what."""
    figures = content["models"][FINAL]["metrics"][metric.name]
    n_test = content["n_rows"]["test"]
    sure = ""
    if figures["test_low"] is not None:
        low, high = format_number(figures["test_low"]), format_number(figures["test_high"])
        sure = f" (95 % interval {low} to {high})"
    said = [
        f"{content['model_name']} predicts {content['target_variable']!r} with {metric.name} "
        f"{format_number(figures['test'])}{sure} on {n_test} test rows that took no part in training, choice "
        "or tuning."
    ]
    for role, words in DIFFERENCE_SENTENCES.items():
        row = content["differences"].get(role, {}).get(metric.name)
        if row and row["difference"] is not None:
            name = words.format_map(content["models"][role])
            said.append(_difference_sentence(name, row, metric))
    return said


def _difference_sentence(name, row, metric):
    found = verdict(row, metric)
    if row["low"] is None:
        return f"Against {name} {metric.name} differs by {format_change(row['difference'])}."
    difference, low, high = (format_change(row[name]) for name in ("difference", "low", "high"))
    span = f"{metric.name} {difference}, 95 % interval {low} to {high}"
    words = {"better": "It is better than", "worse": "It is worse than"}.get(
        found, "It is not significantly different from"
    )
    return f"{words} {name} ({span})."


def evaluation_page(phase: EvaluationPhase, content: Mapping[str, Any]) -> str:
    """Return evaluation_report.html."""
    session, metric = phase.session, phase.session.metric
    sections = [("figures", FIGURES, _figures_section(content, metric))]
    sections += [(name, PARTS[name].title, phase.sections[name]) for name in PARTS if name in phase.sections]
    sections.append(("record", RECORD, _record_section(phase, content)))
    return report_page(
        title=f"{session.context.project}: is the model for {session.task.target!r} good enough?",
        origin=f"Evaluated {content['evaluated_at']} UTC, {content['data_source']}, "
        f"data {content['data_fingerprint'][:12]}, MLflow run {content['evaluation_run_id']}",
        lead=lead(content, metric),
        facts=_facts(phase, content, metric),
        warnings=first_cautions(all_cautions(content, phase.sections)),
        sections=sections,
    )


def _facts(phase, content, metric):
    """(name, large, small): what, how good, how sure, decision rule."""
    figures, rows = content["models"][FINAL]["metrics"][metric.name], content["n_rows"]
    better = "higher" if metric.greater_is_better else "lower"
    sure = "no interval: too few rows or groups"
    if figures["test_low"] is not None:
        sure = f"{format_number(figures['test_low'])} to {format_number(figures['test_high'])}"
    facts = [
        (
            "Model",
            content["model_name"],
            f"predicts {content['target_variable']} ({content['problem_type']})",
        ),
        ("How good", format_number(figures["test"]), f"{metric.label} on the test rows ({better} is better)"),
        ("How sure", sure, f"95 % interval, {rows['test']:,} test rows"),
        ("Learnt from", f"{rows['train']:,} rows", f"{len(content['feature_names'])} columns"),
    ]
    if phase.session.task.positive_class is not None:
        facts.append(("Decision rule", *_rule(phase)))
    return facts


def _rule(phase):
    policy, positive = phase.outputs.get("decision_policy_"), phase.session.task.positive_class
    if policy is None:
        return f"{positive} from 0.5", "the more probable class; no other rule was asked for"
    large = f"{positive} from {policy.threshold:.3g}" if policy.amount is None else "by row"
    return large, policy.sentences[1]  # the first says on which rows it was found


def _figures_section(content, metric):
    models = content["models"]
    final = models[FINAL]["metrics"][metric.name]
    sentences = []
    if final["overfit_gap"] is not None:
        sentences.append(
            f"On rows that it was fitted on, {metric.name} is {format_number(final['train'])}; on the "
            f"test rows {format_number(final['test'])}."
        )
    if final["optimism"] is not None:
        sentences.append(
            f"The validation rows, on which phase 2 reported, had {format_number(final['validation'])}: "
            f"{format_change(final['optimism'])} against the test rows."
        )
    if content["policy"] is not None:
        sentences.append(
            "Metrics of labels below take the more probable class of every model; what the decision rule "
            "makes of the rows stands under Decisions."
        )
    missing = models[FINAL]["missing"]
    sentences += [f"{name} is not defined: {reason}." for name, reason in missing.items()]
    tables = {
        f"{metric.label}: every model, on every kind of row": figures_table(models, metric),
        "Differences on the same test rows": differences_table(content["differences"], metric),
        "All metrics on the test rows (95 % interval)": all_metrics_table(models),
    }
    sentences.append(
        "Models of phase 1 were fitted on the training rows, the final model on more where it says so; "
        "intervals are percentile bootstrap over test rows" + _drawn_as(content["settings"])
    )
    return Section(tuple(sentences), tables)


def _drawn_as(settings):
    if settings["group_column"]:
        return ", whole groups of them."
    return ", in stretches of time." if SPLITS[settings["split"]].is_in_time else "."


def _record_section(phase, content):
    said = [
        f"Chosen by phase 2: {phase.final.verdict}",
        f"Parameters: {', '.join(f'{k} = {v}' for k, v in phase.final.best_params.items()) or 'none'}.",
        f"The test rows were opened {times(content['n_test_openings'])} in all; each opening is a line of "
        f"{artifacts.TEST_SET_ACCESS}.",
    ]
    findings = [f.summary for f in phase.session.intake.findings if f.severity != INFO]
    said += [f"The data's checks: {text}" for text in findings]
    said += [
        f"{PARTS[name].title}: not there, since {why}" for name, why in phase.failed.items() if name in PARTS
    ]
    return Section(tuple(said))


def evaluation_card(phase: EvaluationPhase, content: Mapping[str, Any]) -> str:
    """Return model_card.md, filled from records; what only a person knows is a marked gap."""
    session, metric = phase.session, phase.session.metric
    rows = content["n_rows"]
    sections = [
        (PARTS[name].title, [plain(text) for text in section.sentences])
        for name, section in phase.sections.items()
        if section.sentences
    ]
    facts = [
        ("Model", content["model_name"]),
        ("Fitted on", content["handed_on_fitted_on"]),
        ("Parameters", ", ".join(f"{k} = {v}" for k, v in content["params"].items()) or "none"),
        ("Evaluated", f"{content['evaluated_at']} UTC"),
        ("MLflow run", content["evaluation_run_id"]),
    ]
    if session.task.positive_class is not None:
        facts.append(("Decision rule", "; ".join(_rule(phase))))
    return model_card(
        {
            "project": session.context.project,
            "lead": [plain(text) for text in lead(content, metric)],
            "facts": [(name, plain(str(value))) for name, value in facts],
            "target": content["target_variable"],
            "kind": content["problem_type"],
            "data": [
                f"{rows['train']} training rows, {rows['validation']} validation rows, {rows['test']} test "
                f"rows of {plain(content['data_source'])} (fingerprint {content['data_fingerprint']})",
                f"{len(content['feature_names'])} columns: {plain(', '.join(content['feature_names']))}",
            ],
            "figures": markdown_table(figures_table(content["models"], metric)),
            "opening": f"The test rows were opened {times(content['n_test_openings'])} in all.",
            "all_metrics": markdown_table(all_metrics_table(content["models"])),
            "sections": sections,
            "limitations": [plain(text) for text in all_cautions(content, phase.sections)]
            or ["None was found by tests."],
            "reproduce": [
                f"context file `{content['context_path']}`, seed {content['settings']['seed']}",
                "`model-development train`, `tune`, `evaluate` with that context",
                f"split {content['split_fingerprint']}, search {content['tuning_parent_run_id']}",
            ],
            "packages": sorted(phase.packages.items()),
        }
    )
