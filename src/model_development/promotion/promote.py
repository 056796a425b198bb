"""Promotion and rollback: the aliases of the registered model move, and the log says so first."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from ..errors import ArtifactsError, SettingsError
from ..storage.files import PROMOTION_LOG, open_artifacts_folder
from ..storage.fingerprint import model_fingerprint
from ..tracking.registry import Registry, Version
from .entry import describe_version, write_entry
from .promotion_log import FOUND, Promotion, PromotionLog, utc_now
from .register import register_final_model
from .report import read_report

if TYPE_CHECKING:
    from ..settings.context import Context

CHAMPION, PREVIOUS, CHALLENGER = "champion", "previous", "challenger"


class GateNotPassed(Exception):
    """A check said no: the version has not passed the gate, and nobody forced it. Exit code 1."""


@dataclass(frozen=True)
class Production:
    """The registered model of a project while its lock is held: log and aliases agree.

    folder : of the artifacts. name : of the registered model. said : what had to be put right.
    """

    context: Context
    folder: Path
    registry: Registry
    log: PromotionLog
    said: list[str]

    @property
    def name(self) -> str:
        return self.context.experiment

    @property
    def aliases(self) -> tuple[str | None, str | None]:
        """The versions that are champion and previous; None where there is none."""
        found = self.registry.aliases(self.name)
        return found.get(CHAMPION), found.get(PREVIOUS)

    def version(self, number: str) -> Version:
        """A version by its number. Raises SettingsError where there is none."""
        versions = self.registry.versions(self.name)
        for version in versions:
            if version.version == number:
                return version
        known = ", ".join(version.version for version in versions) or "none"
        raise SettingsError(f"The registered model {self.name!r} has no version {number}. It has: {known}.")


@contextmanager
def open_production(context: Context, *, register: bool = False) -> Iterator[Production]:
    """Be the only one that changes production, with log and aliases in agreement.

    register : register the final model of the context first, where it is not yet.

    Raises ArtifactsError where another process holds the lock for a minute, TrackingError without a store.
    """
    folder = open_artifacts_folder(context.artifacts_root)
    log = PromotionLog(folder / PROMOTION_LOG)
    try:
        with FileLock(f"{log.path}.lock", timeout=60):
            said = register_final_model(context, folder) if register else []
            production = Production(context, folder, Registry(context.artifacts_root), log, said)
            settle(production)
            yield production
    except Timeout:
        raise ArtifactsError(
            f"Another process has held {PROMOTION_LOG}.lock for a minute. When none is running any more, "
            "delete that file and run again."
        ) from None


def settle(production: Production) -> None:
    """Complete a promotion that was cut off; write down where somebody else has moved an alias."""
    promotions, aliases = production.log.promotions(), production.aliases
    last = promotions[-1] if promotions else None
    if last is not None and not last.is_done:
        known = {version.version for version in production.registry.versions(production.name)}
        if last.champion in known and (last.previous is None or last.previous in known):
            since = last.at if aliases[0] == last.champion else utc_now()
            _complete(production, last, since)
            production.said.append(
                f"A {last.action} to version {last.champion} of {last.at} had been cut off; it is completed."
            )
            return
        _found(production, f"the {last.action} to version {last.champion} was cut off, and a version is gone")
    elif aliases != (last.aliases if last else (None, None)):
        _found(production, "the aliases were moved outside of this command")


def _found(production, why):
    champion, previous = production.aliases
    production.log.begin(FOUND, champion, previous, reason=why)
    production.said.append(f"Champion is version {champion or 'none'}: {why}; the log says so now.")


def _complete(production: Production, promotion: Promotion, since: str) -> None:
    """Move the aliases; each step may be done again. The log's `done` is the last."""
    registry, name = production.registry, production.name
    registry.set_alias(name, PREVIOUS, promotion.previous)
    registry.set_alias(name, CHAMPION, promotion.champion)
    assert promotion.champion is not None
    version = production.version(promotion.champion)
    entry = describe_version(production.context, registry, version, production.folder, status=CHAMPION)
    write_entry(production.folder, entry)
    production.log.done(promotion, since)


def promote(
    production: Production, number: str | None = None, *, force: bool = False, reason: str = ""
) -> str:
    """Make a version (default: the newest) the champion; return what was done, in a sentence.

    Raises GateNotPassed where it has no passed report, unless it is forced for a reason.
    """
    versions = production.registry.versions(production.name)
    if not versions:
        raise SettingsError(
            f"The registered model {production.name!r} has no version in {production.registry.shown_uri}. "
            "Run phase 2 first: it registers the model that it hands over."
        )
    version = production.version(number) if number else versions[0]
    champion, previous = production.aliases
    if version.version == champion:
        return f"Version {champion} of {production.name} is the champion already."
    mark = fingerprint_of(production.registry, version)
    problem = gate_problem(production, version, mark)
    if problem and not force:
        raise GateNotPassed(problem)
    begun = production.log.begin(
        "promote",
        version.version,
        champion if champion else previous,
        forced=bool(problem),
        reason=reason,
        model_fingerprint=mark,
        registered_model=production.name,
    )
    _complete(production, begun, begun.at)
    before = f"; version {champion} is `previous`" if champion else ""
    return f"Version {version.version} of {production.name} is the champion{before}."


def rollback(production: Production, *, reason: str = "") -> str:
    """Let champion and previous change places; return what was done, in a sentence.

    Raises SettingsError where there is no previous champion.
    """
    champion, previous = production.aliases
    if previous is None:
        raise SettingsError(
            f"{production.name} has no `previous` version to go back to: nothing was promoted after a "
            f"first champion."
        )
    mark = fingerprint_of(production.registry, production.version(previous))
    begun = production.log.begin(
        "rollback",
        previous,
        champion,
        reason=reason,
        model_fingerprint=mark,
        registered_model=production.name,
    )
    _complete(production, begun, begun.at)
    return f"Version {previous} of {production.name} is the champion again; version {champion} is `previous`."


def fingerprint_of(registry: Registry, version: Version) -> str:
    """The fingerprint of the model that a version really holds."""
    with tempfile.TemporaryDirectory() as place:
        return model_fingerprint(registry.fetch(version.uri, Path(place)))


def gate_problem(production: Production, version: Version, mark: str) -> str | None:
    """Say why a version may not be promoted; None where the latest report of this very model is a pass."""
    report = read_report(production.folder, mark)
    command = (
        f"validate_model.py --model-uri {version.uri} --test-data PATH --context {production.context.path}"
    )
    if report is None:
        return (
            f"Version {version.version} has not been validated: run {command}, or give --force --reason TEXT."
        )
    if not report["passed"]:
        return (
            f"Version {version.version} failed the gate at {report.get('created_at')}: see "
            "validation_report.html, or give --force --reason TEXT."
        )
    return None
