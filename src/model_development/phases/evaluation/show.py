"""What the notebook of phase 3 shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...reports.html import section_html
from .figures import differences, model_figures
from .report import PARTS, lead

if TYPE_CHECKING:
    from ...reports.section import Section
    from .opening import EvaluationPhase


@dataclass(frozen=True)
class Shown:
    """HTML that a notebook shows; plain text for all else."""

    html: str
    text: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.text


def show_sections(sections: Mapping[str, Section]) -> Shown:
    """Return Sections, {row of ANALYSES or EXPLANATIONS: Section}, as a notebook shows them."""
    if not sections:
        return Shown("<p>Nothing to show: see evaluation_report.html.</p>", "nothing to show")
    html = [section_html(PARTS[name].title, section) for name, section in sections.items()]
    text = [f"{PARTS[name].title}\n" + "\n".join(s.sentences) for name, s in sections.items()]
    return Shown("\n".join(html), "\n\n".join(text))


def show_conclusion(phase: EvaluationPhase) -> str:
    """Say in a few sentences how good the model is, how sure that is, and against what."""
    content = phase.stored or {
        **phase.session.describe(),
        "model_name": phase.final.model_name,
        "models": model_figures(phase),
        "differences": differences(phase),
    }
    return "\n".join(lead(content, phase.session.metric))
