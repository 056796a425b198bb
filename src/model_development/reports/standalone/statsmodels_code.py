"""statsmodels as code."""

from __future__ import annotations

from ...models.statsmodels_models import FAMILIES, LINKS, resolve_family
from .cells import Step
from .fits import Fit

DESIGN = 'design = sm.add_constant(X_train, has_constant="add")\n'
SAY = Step(
    "What it says of the validation rows.",
    'outputs = result.predict(sm.add_constant(X_validation, has_constant="add")) * unit',
)


def steps(fit: Fit) -> list[Step]:
    """Fit the matrix, and set `outputs`."""
    fit.imports.add("import statsmodels.api as sm")
    return [METHODS[fit.estimator.method](fit), SAY]


def _ols(fit):
    return Step(
        "Least squares with an intercept; `result.summary()` has the p-values.",
        f"{DESIGN}unit = 1.0\nresult = sm.OLS(y_train, design).fit()",
    )


def _glm(fit):
    family, link = resolve_family(fit.estimator.family, fit.estimator.link, fit.y)
    unit, dispersion = "float(np.abs(y_train).mean()) or 1.0", "None"
    if (family, link) == ("gaussian", "identity"):
        unit = "1.0"
    if family == "poisson":
        dispersion = "1 / unit"
    code = f"""{DESIGN}unit = {unit}
family = sm.families.{FAMILIES[family]}(sm.families.links.{LINKS[link]}())
result = sm.GLM(y_train / unit, design, family=family).fit(scale={dispersion})"""
    return Step(
        "A generalised linear model, of the target in a unit of its own size: statsmodels stops by a fixed "
        "number. `result.summary()` has the p-values.",
        code,
    )


METHODS = {"ols": _ols, "glm": _glm}
