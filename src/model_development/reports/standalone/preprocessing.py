"""The preprocessor of a model as code: the objects of features/preprocessors.py, written down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...features.preprocessors import PREPROCESSORS, make_preprocessor
from ...features.target_folds import TargetFolds
from .calls import call, laid_out, written
from .cells import Step, assigned, listed
from .own_classes import class_steps
from .targets import preprocessor_target

if TYPE_CHECKING:
    from .table import StandaloneTable


NO_COLUMN = Step(
    "The model ignores the columns: each row is an empty one.",
    "X_train = np.empty((n_train, 0))\nX_validation = np.empty((len(target) - n_train, 0))",
)
COLUMNS = {  # what the notebook calls the columns of each part, and what is done with them
    "numbers": "numeric_columns",
    "categories": "category_columns",
    "long_categories": "long_columns",
}


def preprocessing_steps(table: StandaloneTable, features: str, imports: set[str]) -> list[Step]:
    """From `clean` to `X_train` and `X_validation`; what the code needs is added to `imports`.

    features : row of the table of preprocessors.
    """
    if PREPROCESSORS[features].is_empty:
        return [NO_COLUMN]
    transformer = make_preprocessor(features, table.data.schema, table.data.task.family)
    for name, value in transformer.get_params().items():
        if isinstance(value, TargetFolds):
            transformer.set_params(**{name: value.of(table.data.y_train)})
    imports.add("from sklearn.compose import ColumnTransformer")
    lists, parts = [], []
    for name, step, columns in transformer.transformers:
        variable = COLUMNS.get(name, name.replace(" ", "_"))
        lists.append(assigned(variable, listed(columns)))
        code = written(step, imports, 88)
        parts.append(call("", [repr(name), code, variable], 92))
    transformers = laid_out("[", "]", parts, 0)
    code = "preprocessor = " + call("ColumnTransformer", [transformers, "sparse_threshold=0.0"])
    seen = preprocessor_target(table.data.task)
    fit = (
        f"X_train = preprocessor.fit_transform(clean[:n_train], {seen})\n"
        "X_validation = preprocessor.transform(clean[n_train:])"
    )
    return [
        *class_steps(code, imports),
        Step("Which columns are prepared in which way.", "\n".join(lists)),
        Step(
            "From columns to a matrix of numbers. All that is learnt here (medians, bins, means, levels) is "
            "learnt from the training rows.",
            f"{code}\n{fit}",
        ),
    ]
