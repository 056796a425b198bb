"""Which of two classes is the positive one: a saved model does not say, so those are asked who know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..errors import ArtifactsError, SettingsError, did_you_mean, some_of
from ..storage.files import BEST_MODEL_INFO, epoch_folder, read_json

if TYPE_CHECKING:
    from ..predictor import Predictor
    from ..settings.context import Context


def positive_class(named: Sequence[Any], context: Context, target: str, model: Predictor) -> Any:
    """Return the label, or None where nobody knows: then the label that means yes is it, else the rarer one.

    named : by command and thresholds, which must be right. After them the context's setting, the model's
    decision policy and what phase 1 found are asked, as far as they are about these classes.

    Raises SettingsError where a label is named that the model does not know.
    """
    classes = list(getattr(model, "classes_", ()))
    known = [str(label) for label in classes]
    for label in named:
        if label is not None and str(label) not in known:
            raise SettingsError(
                f"The positive class {label!r} is no class of the model.{did_you_mean(label, known)} It "
                f"knows: {some_of(known)}."
            )
    policy = model.decision_policy_
    candidates = [*named, context.settings.positive_class]
    candidates += [classes[policy.positive]] if policy is not None and classes else []
    candidates.append(_of_phase_1(context, target, known))
    return next((label for label in candidates if label is not None and str(label) in known), None)


def _of_phase_1(context: Context, target: str, known: Sequence[str]) -> Any:
    path = epoch_folder(context) / BEST_MODEL_INFO
    if not path.is_file():
        return None
    try:
        content = read_json(path, produced_by="model_training.ipynb")
    except ArtifactsError:
        return None
    same = content.get("target_variable") == target and list(map(str, content.get("classes") or ())) == known
    return content.get("positive_class") if same else None
