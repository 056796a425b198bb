"""docs/ and README.md: what people need who call the service, run it, or answer for it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...errors import some_of
from ...reports.markdown import plain

if TYPE_CHECKING:
    from ...data.columns.schema import Column
    from .draft import Draft

GAP = "**To be filled in by a person:**"  # as the model card of phase 3 marks what it cannot know


def write_docs(draft: Draft) -> None:
    """Write docs/ and README.md."""
    from ..service.problems import PROBLEMS
    from ..service.settings import SETTINGS, ServiceSettings

    contents = draft.contents
    shown: dict[str, Any] = {
        "version": contents.version,
        "target": contents.target,
        "explains": bool(contents.background),
        "settings": [(plain(row.variable), plain(row.meaning)) for row in SETTINGS],
    }
    draft.write("docs/model_card.md", contents.model_card or generated_card(draft))
    draft.fill(
        "docs/api_guide.md",
        **shown,
        body=shlex.quote(_short_json(draft.rows[0])),
        batch=shlex.quote(_short_json({"rows": list(draft.rows[:2])})),
        answer=json.dumps(_as_served(draft, draft.answers[0]), indent=2, ensure_ascii=False),
        columns=[_column_line(column) for column in draft.columns],
        others=draft.others,
        problems=[(name, kind.status, kind.title) for name, kind in PROBLEMS.items()],
        max_rows=ServiceSettings.max_rows,
    )
    draft.fill("docs/deployment.md", **shown)
    draft.fill("README.md", **shown, algorithm=draft.served.model.model_name)


def _short_json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False)


def _as_served(draft, answer):
    return dict(answer) | {"model_version": draft.contents.version, "request_id": "8f2c..."}


def _column_line(column: Column) -> tuple[str, str, str]:
    levels = some_of(list(column.levels), 12) if column.levels else ""
    written = f"as {column.date_format}" if column.kind == "date" else levels
    return plain(column.name), column.kind, plain(written)


def generated_card(draft: Draft) -> str:
    """A model card of what is known without phase 3; what is not is marked."""
    contents, model = draft.contents, draft.served.model
    return _card(
        draft,
        algorithm=model.model_name,
        version=contents.version,
        target=plain(contents.target),
        fitted_on=contents.fitted_on or GAP + " rows that it was fitted on.",
        params=", ".join(f"{key} = {value}" for key, value in contents.params.items()) or "as by default",
        metrics=[(plain(name), _figure(value)) for name, value in contents.metrics.items()],
        columns=[plain(column.name) for column in draft.columns],
        policy=list(model.decision_policy_.sentences) if model.decision_policy_ else [],
        gap=GAP,
    )


def _card(draft, **values):
    from .draft import rendered

    return rendered("model_card.md", name=plain(draft.contents.name), **values)


def _figure(value: Any) -> str:
    if isinstance(value, Mapping):
        ends = (value.get("low"), value.get("high"))
        interval = f" ({_figure(ends[0])} to {_figure(ends[1])})" if None not in ends else ""
        return _figure(value.get("value")) + interval
    return "not known" if value is None else f"{value:.4g}"
