"""monitoring/, tests/, and what runs the service: Dockerfile, requirements.txt, Makefile."""

from __future__ import annotations

import json
import platform
import re
from typing import TYPE_CHECKING

from ...storage import files
from .requirements import ON_DEBIAN, recording_lines, requirement_lines

if TYPE_CHECKING:
    from .draft import Draft


def write_monitoring(draft: Draft) -> None:
    """Write monitoring/: reference, rules for Prometheus, dashboard for Grafana, a reader of metrics."""
    from ...monitoring.dashboard import dashboard
    from ...monitoring.rules import alert_rules

    draft.path(files.PACKAGE_REFERENCE).write_text(
        files.to_json(draft.contents.reference.to_dict()), encoding="utf-8"
    )
    draft.write("monitoring/alerts.yaml", _as_text(alert_rules()))
    draft.write("monitoring/dashboard.json", _as_text(dashboard()))
    draft.fill("monitoring/metrics.py")


def _as_text(content):
    """What a generator gave: text as it is, else JSON, which YAML has within it."""
    return content if isinstance(content, str) else json.dumps(content, indent=2) + "\n"


def write_tests(draft: Draft) -> None:
    """Write tests/ with rows and the answers that are expected."""
    draft.fill("tests/test_model.py")
    draft.fill("tests/test_api.py")
    real = draft.contents.rows_are_real
    said = "Rows of the table." if real else "Made-up rows: values that many training rows share."
    draft.write("tests/test_data/rows.json", files.to_json({"note": said, "rows": list(draft.rows)}))
    draft.write("tests/test_data/answers.json", files.to_json({"answers": list(draft.answers)}))


def write_deployment(draft: Draft) -> None:
    """Write Dockerfile, .dockerignore, requirements.txt and Makefile."""
    image = re.sub(r"[^a-z0-9]+", "-", draft.contents.name.lower()).strip("-") or "model"
    tag = re.sub(r"[^A-Za-z0-9_.-]+", "-", draft.contents.version).strip("-.") or "1"
    draft.fill("Makefile", image=f"{image}:{tag}")
    draft.fill(
        "Dockerfile",
        version=draft.contents.version,
        python=".".join(platform.python_version_tuple()[:2]),
        system_packages=sorted({ON_DEBIAN[name] for name in draft.packages if name in ON_DEBIAN}),
    )
    draft.fill(".dockerignore", template="dockerignore")
    draft.write("requirements.txt", _lines(requirement_lines(draft.packages)))
    draft.write("requirements-recording.txt", _lines(recording_lines()))


def _lines(texts):
    return "".join(f"{text}\n" for text in texts)
