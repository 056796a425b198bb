"""Does a model say the same of a row whatever other rows it is asked about together with it?"""

from typing import Any

from ..errors import DataError


def steps_that_see_others(model: Any) -> list[str]:
    """Return the names of the steps of a fitted model, or of an ensemble's members, by which it does not."""
    models = getattr(model, "members", {"": model}).values()
    fitted = [one.steps_ for one in models if getattr(one, "steps_", None) is not None]
    return sorted({name for steps in fitted for name in steps.that_see_others})


def require_rows_alone(model: Any) -> None:
    """Raise DataError for a model that does not: rows put together from others have no past of their own."""
    if steps := steps_that_see_others(model):
        raise DataError(
            f"The model cannot be explained by rows put together from others: by {', '.join(steps)} what it "
            "says of a row depends on the rows before it. Explain one that was trained without."
        )
