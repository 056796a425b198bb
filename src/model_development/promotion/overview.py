"""What is in production, and what was: tables for the terminal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ..errors import SettingsError, TemplateError
from .promote import CHALLENGER, CHAMPION, PREVIOUS, fingerprint_of
from .promotion_log import in_production
from .register import FINGERPRINT_TAG
from .report import STATUS_TAG, read_report, status_of

if TYPE_CHECKING:
    from .promote import Production
    from .promotion_log import Promotion


def status_text(production: Production) -> str:
    """The aliases, and every version with its validation."""
    import pandas as pd

    registry, name = production.registry, production.name
    versions, aliases = registry.versions(name), registry.aliases(name)
    if not versions:
        return f"{name} has no version in {registry.shown_uri}."
    lines = [f"{name} in {registry.shown_uri}"]
    lines += [
        f"{alias:<11} version {aliases[alias]}" if alias in aliases else f"{alias:<11} none"
        for alias in (CHAMPION, CHALLENGER, PREVIOUS)
    ]
    rows = [
        {
            "version": version.version,
            "alias": ", ".join(alias for alias, number in aliases.items() if number == version.version)
            or "-",
            "algorithm": version.tags.get("algorithm", "-"),
            "validation": _validation(production, version),
            "created": _day_and_time(datetime.fromtimestamp(version.created / 1000, UTC)),
        }
        for version in versions
    ]
    return "\n".join([*lines, "", pd.DataFrame(rows).to_string(index=False)])


def history_text(production: Production, at: str | None = None) -> str:
    """All promotions, newest first; with `at`, what was in production on that day or at that moment (UTC)."""
    promotions = production.log.promotions()
    if at is None:
        return _table(promotions[::-1]) if promotions else f"Nothing of {production.name} was ever promoted."
    begin, end = moment(at)
    there = [one for one in in_production(promotions, begin, end) if one.champion is not None]
    if not there:
        return f"Nothing of {production.name} was in production at {at} (UTC)."
    named = [
        f"version {one.champion} (since {_day_and_time(datetime.fromisoformat(one.since))})" for one in there
    ]
    return f"In production at {at} (UTC): {', then '.join(named)}.\n{_table(there)}"


def moment(text: str) -> tuple[datetime, datetime]:
    """Return the begin and the end of a day, or of a moment, in UTC. Raises SettingsError for anything else.

    >>> [one.isoformat() for one in moment("2026-11-24")]
    ['2026-11-24T00:00:00+00:00', '2026-11-25T00:00:00+00:00']
    """
    is_day = len(text) <= len("2026-11-24")
    try:
        found = datetime.fromisoformat(text)
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        return found, found + (timedelta(days=1) if is_day else timedelta(microseconds=1))
    except (ValueError, OverflowError):  # the last day of all has no end
        raise SettingsError(
            f"--at {text!r} is no day and no moment. Write 2026-11-24, or 2026-11-24T15:30 (UTC)."
        ) from None


def _validation(production, version):
    """As `promote` has it, by the report: a gate that was asked about a model's folder tags no version."""
    report = read_report(production.folder, _mark(production.registry, version))
    return status_of(report["passed"]) if report else version.tags.get(STATUS_TAG, "not validated")


def _mark(registry, version):
    """The fingerprint of a version's model, "" where that cannot be fetched; nothing is tagged to show it."""
    try:
        return version.tags.get(FINGERPRINT_TAG) or fingerprint_of(registry, version)
    except TemplateError:
        return ""


def _day_and_time(when):
    return when.strftime("%Y-%m-%d %H:%M")


def _table(promotions: list[Promotion]) -> str:
    import pandas as pd

    rows = [
        {
            "since (UTC)": _day_and_time(datetime.fromisoformat(one.since)),
            "action": one.action,
            "champion": one.champion or "none",
            "previous": one.previous or "none",
            "by": one.by,
            "forced": "yes" if one.forced else "no",
            "reason": one.reason or "-",
        }
        for one in promotions
    ]
    return pd.DataFrame(rows).to_string(index=False)
