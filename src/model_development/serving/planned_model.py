"""A model by the row plan that its package holds: ready without its preprocessor, pandas and skops."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..data.columns.schema import TableSchema
from ..errors import ArtifactsError
from ..row_plan.plan_file import plan_from_dict, plan_to_dict
from ..storage import files
from ..storage.model_extras import load_extras
from ..storage.versions import warn_of_other_versions
from ..tasks.table import codecs

if TYPE_CHECKING:
    from ..outputs.policy import DecisionPolicy
    from ..outputs.uncertainty import Uncertainty
    from ..row_plan.plan import RowPlan
    from ..tasks.targets import TargetCodec
    from .served_model import ServedModel

PLAN_VERSION = 1  # plans of another one are not read: the model itself answers
WRITE_ANEW = "Write the package anew: model-development package"


@dataclass
class PlannedModel:
    """What a service has to know of a model beside its plan, see `predictor.Predictor`."""

    model_name: str
    schema_: TableSchema
    target_: TargetCodec
    uncertainty_: Uncertainty | None = None
    decision_policy_: DecisionPolicy | None = None
    strict: bool = False

    @property
    def classes_(self) -> np.ndarray:
        """Labels in the order of the probabilities, shape (n_classes,); a model of numbers has none."""
        return self.target_.classes  # type: ignore[attr-defined]


def write_row_plan(served: ServedModel, folder: Path) -> bool:
    """Write the plan of a model beside it, where it can stand alone; say whether it can.

    folder : of the model.
    """
    from ..storage.model_folder import packages_of

    model, plan = served.model, served.row_answers.plan
    content = plan_to_dict(plan) if plan is not None and list(model.parts()) == [model] else None
    if content is None:
        return False
    content |= {
        "plan_version": PLAN_VERSION,
        "model_name": model.model_name,
        "family": model.family,
        "schema": model.schema_.to_dict(),
        "target": model.target_.to_dict(),
        "packages": list(packages_of(model.model_name, model.schema_)),
    }
    (folder / files.ROW_PLAN).write_text(files.to_json(content), encoding="utf-8")
    return True


def read_planned(folder: Path) -> tuple[PlannedModel, RowPlan] | None:
    """Return what `write_row_plan` wrote; None where there is nothing, or a plan of another version.

    Nothing is checked against sums here: that of a package's files is done before. Raises ArtifactsError for
    a plan that is none, and where a package that the model needs is missing.
    """
    path = folder / files.ROW_PLAN
    if not path.is_file():
        return None
    content = files.read_json(path, produced_by=WRITE_ANEW)
    if content.get("plan_version") != PLAN_VERSION:
        return None
    described = files.read_json(folder / files.MODEL_FILE, produced_by=WRITE_ANEW)
    warn_of_other_versions(folder, content["packages"], described["packages"])
    try:
        target = codecs()[content["family"]].from_dict(content["target"])
        planned = PlannedModel(content["model_name"], TableSchema.from_dict(content["schema"]), target)
        plan = plan_from_dict(content, target, folder)
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactsError(f"{path} is refused: {error}. {WRITE_ANEW}") from error
    load_extras(planned, folder, described["files"])
    return planned, plan
