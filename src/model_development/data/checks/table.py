"""The table of checks. Adding one is one function and one row here."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from ...errors import SettingsError, did_you_mean
from ..reading.sources import release_memory
from . import columns, formulas, gain, leakage, rows, target
from .check_input import ERROR, INFO, WARNING, CheckInput, Finding

SEVERITIES = (ERROR, WARNING, INFO)


@dataclass(frozen=True)
class Check:
    """One row: run(data) yields Findings.

    unless : checks that have said enough about a column. families : of tasks that it is made for; empty: any.
    needs : (what there must be for it to look at, whether data have it).
    """

    run: Callable[[CheckInput], Iterable[Finding]]
    needs: tuple[str, Callable[[CheckInput], bool]] = ("", lambda data: True)
    unless: tuple[str, ...] = ()
    families: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What findings, files and `accept` call it."""
        return self.run.__name__


NUMBERS = ("two columns of numbers or dates", lambda data: len(data.numbers) + len(data.days) > 1)
GROUPS = ("a `group_column`", lambda data: bool(data.groups))
NO_GROUPS = ("a table without `group_column`", lambda data: not data.settings.group_column)
TIMES = ("a `time_column`", lambda data: bool(data.moments))
NO_TIMES = ("a table without `time_column`", lambda data: not data.settings.time_column)
EARLIER_RUN = ("an earlier run", lambda data: data.has_run_before)

SAYS_TARGET = ("target_copy", "target_determined", "target_formula", "single_feature")

CHECKS = {
    check.name: check
    for check in (
        Check(leakage.target_copy),
        Check(leakage.target_determined, unless=("target_copy",)),
        Check(formulas.target_formula, needs=NUMBERS),
        Check(leakage.single_feature, unless=SAYS_TARGET[:3]),
        Check(gain.sudden_gain, unless=SAYS_TARGET),
        Check(rows.rows_in_two_parts),
        Check(rows.conflicting_labels, families=("classification",)),
        Check(rows.groups_in_two_parts, needs=GROUPS),
        Check(rows.likely_groups, needs=NO_GROUPS),
        Check(rows.unseen_classes, families=("classification",)),
        Check(rows.time_order, needs=TIMES),
        Check(rows.likely_time, needs=NO_TIMES),
        Check(target.missing_target),
        Check(target.numbers_as_classes, families=("classification",)),
        Check(target.rare_classes, families=("classification",)),
        Check(target.class_imbalance, families=("classification",)),
        Check(target.heavy_tails, families=("regression",)),
        Check(columns.identifier),
        Check(columns.says_nothing),
        Check(columns.infinite_values),
        Check(columns.unreadable_values),
        Check(columns.doubtful_reading),
        Check(columns.many_levels),
        Check(columns.repeated_names),
        Check(target.changed_table, needs=EARLIER_RUN),
    )
}


def require_known_checks(names: Iterable[str]) -> None:
    """Raise SettingsError, with the nearest name, where `accept` names what is no check."""
    unknown = [f"{name!r}{did_you_mean(name, CHECKS)}" for name in names if name not in CHECKS]
    if unknown:
        raise SettingsError(
            f"`accept`: no check is called {', '.join(unknown)} Known checks: {', '.join(CHECKS)}."
        )


def skipped_checks(data: CheckInput) -> dict[str, str]:
    """Return {name of a check: why it has nothing to look at in these data}."""
    reasons = {}
    for check in CHECKS.values():
        what, is_there = check.needs
        if check.families and data.task.family not in check.families:
            reasons[check.name] = f"It is made for {' and '.join(check.families)}."
        elif not is_there(data):
            reasons[check.name] = f"It needs {what}."
    return reasons


def run_checks(data: CheckInput) -> tuple[Finding, ...]:
    """Run every check that has something to look at; return the Findings, errors first."""
    findings, skipped = [], skipped_checks(data)
    for check in CHECKS.values():
        if check.name in skipped:
            continue
        said = {name for f in findings if f.check in check.unless for name in f.columns}
        findings += [
            replace(found, check=check.name, accepted=_is_accepted(found, check, data.settings))
            for found in check.run(data)
            if not said.intersection(found.columns)
        ]
        release_memory()  # a million values take more while they are told apart than ever after
    return tuple(sorted(findings, key=lambda found: SEVERITIES.index(found.severity)))


def _is_accepted(found, check, settings):
    return found.severity == ERROR and check.name in settings.accept
