"""The coefficients of a fitted linear model, by the columns of its matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..pipeline import TabularModel


def read_coefficients(model: TabularModel) -> dict[str, list[Any]] | None:
    """Return {"feature": names, intercept first, "coefficient": values, ...}; None of a model without any.

    They are in the unit of the target where the model is of numbers.
    """
    read = getattr(model.spec.library, "coefficients", None)
    values = read(model.estimator_) if read else None
    if values is None:
        return None
    unit = model.target_.unit
    if unit:
        intercept, *slopes = (unit.scale * value for value in values["coefficient"])
        values = {**values, "coefficient": [intercept + unit.center, *slopes]}
    names = [name.partition("__")[2] for name in model.preprocessor_.get_feature_names_out()]
    return {"feature": ["intercept", *names], **values}
