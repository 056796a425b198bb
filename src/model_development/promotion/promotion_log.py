"""promotion_log.jsonl: who was in production, since when, by whose word; lines are added and never changed.

A promotion is two lines: `begin`, on the disk before an alias moves, says where the aliases are going;
`done` says that they are there. A `begin` without a `done` was cut off, and the next command completes it.
A `found` line says that an alias was moved by somebody else.
"""

from __future__ import annotations

import getpass
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..json_lines import append_lines, read_lines
from ..storage.files import SCHEMA_VERSION, plain

BEGIN, DONE, FOUND = "begin", "done", "found"


@dataclass(frozen=True, kw_only=True)
class Promotion:
    """One change of production.

    action : "promote", "rollback" or "found". champion, previous : the versions that the aliases name after
    it, None for no such alias. at : when it was asked for; since : when it came into force, both UTC.
    is_done : are the aliases there? forced : without a passed gate, for the `reason`.
    """

    id: str
    action: str
    champion: str | None
    previous: str | None
    at: str
    since: str
    by: str
    is_done: bool = True
    forced: bool = False
    reason: str = ""
    model_fingerprint: str = ""

    @property
    def aliases(self) -> tuple[str | None, str | None]:
        return self.champion, self.previous


class PromotionLog:
    """The log of one project. Its writers hold the lock of the project, see promote.py."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def promotions(self) -> list[Promotion]:
        """All promotions, oldest first. A line that a kill cut off is none."""
        found: dict[str, Promotion] = {}
        for line in read_lines(self.path):
            event, key = line.get("event"), str(line.get("id"))
            if event in (BEGIN, FOUND) and key not in found:
                found[key] = _promotion(line, is_done=event == FOUND)
            elif event == DONE and key in found:
                found[key] = replace(found[key], is_done=True, since=str(line.get("since") or line.get("at")))
        return list(found.values())

    def begin(
        self,
        action: str,
        champion: str | None,
        previous: str | None,
        *,
        forced: bool = False,
        reason: str = "",
        model_fingerprint: str = "",
        **more: Any,
    ) -> Promotion:
        """Write down a promotion; it is on the disk when this returns, and its aliases may move."""
        now = utc_now()
        promotion = Promotion(
            id=uuid.uuid4().hex[:12],
            action=action,
            champion=champion,
            previous=previous,
            at=now,
            since=now,
            by=user(),
            is_done=action == FOUND,
            forced=forced,
            reason=reason,
            model_fingerprint=model_fingerprint,
        )
        content = {name: value for name, value in vars(promotion).items() if name not in ("is_done", "since")}
        self._add({"event": FOUND if action == FOUND else BEGIN, **content, **more})
        return promotion

    def done(self, promotion: Promotion, since: str) -> None:
        """Write down that the aliases are where the promotion wanted them, and since when."""
        self._add({"event": DONE, "id": promotion.id, "at": utc_now(), "since": since})

    def _add(self, line: Mapping[str, Any]) -> None:
        append_lines(self.path, [{"schema_version": SCHEMA_VERSION} | plain(dict(line))])


def _promotion(line: Mapping[str, Any], is_done: bool) -> Promotion:
    def version(name: str) -> str | None:
        return None if line.get(name) is None else str(line[name])

    return Promotion(
        id=str(line.get("id") or ""),
        action=str(line.get("action") or ""),
        champion=version("champion"),
        previous=version("previous"),
        at=str(line.get("at") or ""),
        since=str(line.get("at") or ""),
        by=str(line.get("by") or ""),
        is_done=is_done,
        forced=bool(line.get("forced")),
        reason=str(line.get("reason") or ""),
        model_fingerprint=str(line.get("model_fingerprint") or ""),
    )


def in_production(promotions: list[Promotion], begin: datetime, end: datetime) -> list[Promotion]:
    """Return the promotions that were in force at some moment from `begin` to before `end`, oldest first."""
    done = [promotion for promotion in promotions if promotion.is_done]
    starts = [datetime.fromisoformat(promotion.since) for promotion in done]
    ends = [*starts[1:], datetime.max.replace(tzinfo=UTC)]
    return [one for one, start, stop in zip(done, starts, ends, strict=True) if start < end and stop > begin]


def utc_now() -> str:
    """The time in UTC as ISO 8601 has it, to the microsecond.

    >>> utc_now().endswith("+00:00")
    True
    """
    return datetime.now(UTC).isoformat(timespec="microseconds")


def user() -> str:
    """Who runs this process, as far as the system tells."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
