"""The table of checks. Adding one is one function and one row here."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from ...errors import SettingsError, did_you_mean
from ..reading.sources import release_memory
from . import columns, formulas, leakage, rows, target
from .check_input import ERROR, INFO, WARNING

SEVERITIES = (ERROR, WARNING, INFO)


@dataclass(frozen=True)
class Check:
    """One row: run(data) yields Findings.

    unless : checks that have said enough about a column. families : of tasks that it is made for; empty: any.
    """

    run: Callable
    unless: tuple = ()
    families: tuple = ()

    @property
    def name(self):
        """What findings, files and `accept` call it."""
        return self.run.__name__


CHECKS = {
    check.name: check
    for check in (
        Check(leakage.target_copy),
        Check(leakage.target_determined, unless=("target_copy",)),
        Check(formulas.target_formula),
        Check(leakage.single_feature, unless=("target_copy", "target_determined", "target_formula")),
        Check(rows.rows_in_two_parts),
        Check(rows.conflicting_labels, families=("classification",)),
        Check(rows.groups_in_two_parts),
        Check(rows.likely_groups),
        Check(rows.unseen_classes, families=("classification",)),
        Check(rows.time_order),
        Check(rows.likely_time),
        Check(target.missing_target),
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
        Check(target.changed_table),
    )
}


def require_known_checks(names):
    """Raise SettingsError, with the nearest name, where `accept` names what is no check."""
    unknown = [f"{name!r}{did_you_mean(name, CHECKS)}" for name in names if name not in CHECKS]
    if unknown:
        raise SettingsError(
            f"`accept`: no check is called {', '.join(unknown)} Known checks: {', '.join(CHECKS)}."
        )


def run_checks(data):
    """Run every check that is made for the task; return the Findings, errors first."""
    findings = []
    for check in CHECKS.values():
        if check.families and data.task.family not in check.families:
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
