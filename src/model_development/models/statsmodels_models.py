"""statsmodels: least squares and generalised linear models, with their p-values (regression only).

statsmodels saves results as pickles alone. What prediction and the coefficient table need is small
(coefficients, covariance, family, link), so that is kept as JSON; the full `result_` with its
diagnostics exists after `fit` only and is not carried by a saved model.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import ArrayLike


PACKAGES = ("statsmodels",)

OLS_BASELINE = {}
OLS_SPACE = {}  # nothing to tune: the tuner says so instead of inventing a grid
GLM_BASELINE = {"family": "auto", "link": "auto"}
GLM_SPACE = {
    "family": ["gaussian", "gamma", "poisson", "inverse_gaussian"],
    "link": ["identity", "log", "sqrt"],
}
FAMILIES = {
    "gaussian": "Gaussian",
    "gamma": "Gamma",
    "poisson": "Poisson",
    "inverse_gaussian": "InverseGaussian",
}
LINKS = {"identity": "Identity", "log": "Log", "sqrt": "Sqrt"}
LARGEST = {
    "log": 600.0,
    "sqrt": 1e150,
}  # of what a link takes: beyond, an extreme row has no finite prediction
INVERSE_LINKS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "identity": np.asarray,
    "log": lambda linear: np.exp(np.minimum(linear, LARGEST["log"])),
    "sqrt": lambda linear: np.square(np.clip(linear, -LARGEST["sqrt"], LARGEST["sqrt"])),
}


class LinearModel:
    """Intercept plus coefficients behind a link; fitted by statsmodels, kept as plain numbers.

    A GLM is fitted to the target divided by its mean, since statsmodels stops by a fixed number and takes
    1e-16 for zero: `result_` is about that, `table_` about the target itself.
    """

    def __init__(self, method: str, family: str = "auto", link: str = "auto") -> None:
        self.method, self.family, self.link = method, family, link

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        return {"method": self.method, "family": self.family, "link": self.link}

    def fit(self, X: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None = None) -> LinearModel:
        """sample_weight : inverse variances of the rows, but for a factor; shape (n_rows,).

        Raises ValueError where family and link do not allow the target, or diverge on these rows.
        """
        import statsmodels.api as sm

        design = sm.add_constant(X, has_constant="add")
        self.link_, unit = "identity", 1.0
        if self.method == "ols":
            weighted = sm.OLS(y, design) if sample_weight is None else sm.WLS(y, design, sample_weight)
            self.result_ = weighted.fit()
        else:
            family, self.link_ = resolve_family(self.family, self.link, y)
            link = getattr(sm.families.links, LINKS[self.link_])()
            distribution = getattr(sm.families, FAMILIES[family])(link)
            if (family, self.link_) != ("gaussian", "identity"):  # which is least squares in any unit
                unit = float(np.abs(y).mean()) or 1.0
            # Of counts the variance is the mean: in this unit, a part of it.
            dispersion = 1 / unit if family == "poisson" else None
            model = sm.GLM(y / unit, design, family=distribution, var_weights=sample_weight)
            self.result_ = _fitted(model, dispersion, family, self.link_)
        interval = self.result_.conf_int(alpha=0.05)
        self.table_ = {
            "coefficient": self.result_.params.tolist(),
            "std_error": self.result_.bse.tolist(),
            "p_value": self.result_.pvalues.tolist(),
            "ci_low": interval[:, 0].tolist(),
            "ci_high": interval[:, 1].tolist(),
        }
        self.table_ = _in_unit(self.table_, unit, self.link_)
        return self

    def predict(self, X: ArrayLike) -> np.ndarray:
        coefficients = np.asarray(self.table_["coefficient"])
        linear = coefficients[0] + np.asarray(X) @ coefficients[1:]
        return INVERSE_LINKS[self.link_](linear)


def build_ols(
    task: str, *, seed: int, device: str = "cpu", n_jobs: int = 1, feature_types: Sequence[str] = ()
) -> LinearModel:
    """Ordinary least squares with an intercept; `result_.summary()` after `fit`."""
    _require_package()
    return LinearModel("ols")


def build_glm(
    task: str,
    *,
    seed: int,
    device: str = "cpu",
    n_jobs: int = 1,
    feature_types: Sequence[str] = (),
    family: str = "auto",
    link: str = "auto",
) -> LinearModel:
    """Generalised linear model; "auto" takes gamma or poisson with a log link where the target
    allows it (all positive, or no negative value), else gaussian with the identity."""
    _require_package()
    return LinearModel("glm", family, link)


def save(model: LinearModel, folder: Path) -> None:
    """Write coefficients and their table as JSON; see the module's text for what stays behind."""
    content = {"method": model.method, "link": model.link_, "table": model.table_}
    (folder / "estimator.json").write_text(json.dumps(content), encoding="utf-8")


def load(folder: Path, task: str) -> LinearModel:
    content = json.loads((folder / "estimator.json").read_text(encoding="utf-8"))
    model = LinearModel(content["method"])
    model.link_, model.table_ = content["link"], content["table"]
    return model


def coefficients(model: LinearModel) -> dict[str, list[float]]:
    """The intercept and then each column of the matrix, as {statistic: [value]}."""
    return model.table_


def _require_package():
    import statsmodels.api  # noqa: F401  (imported here so that the clock of `fit` starts after it)


def _fitted(model, dispersion, family, link):
    """The results of statsmodels, or a ValueError that says more than its own."""
    try:
        return model.fit(scale=dispersion)
    except ValueError as error:
        raise ValueError(
            f"a generalised linear model of family {family!r} with link {link!r} diverges on these rows: "
            f"give another `family` or `link` ({', '.join(FAMILIES)}; {', '.join(LINKS)})"
        ) from error


def _in_unit(table, unit, link):
    """The coefficients of a target that is `unit` times the one that was fitted; the intercept is first."""
    if link == "log":
        table = {name: list(values) for name, values in table.items()}
        for name in ("coefficient", "ci_low", "ci_high"):
            table[name][0] += math.log(unit)
        z = abs(table["coefficient"][0]) / table["std_error"][0] if table["std_error"][0] else math.inf
        table["p_value"][0] = math.erfc(z / math.sqrt(2))  # of a normal distribution, both sides
        return table
    factor = {"identity": unit, "sqrt": math.sqrt(unit)}[link]
    return {n: v if n == "p_value" else [factor * value for value in v] for n, v in table.items()}


def resolve_family(family: str, link: str, y: np.ndarray) -> tuple[str, str]:
    """Return (family, link), where "auto" is what the target y, shape (n_rows,), allows.

    Raises ValueError for a family that does not allow the target.
    """
    if family == "auto":
        family = "gamma" if (y > 0).all() else "poisson" if (y >= 0).all() else "gaussian"
    if family in ("gamma", "inverse_gaussian") and not (y > 0).all():
        raise ValueError(f"family {family!r} needs a target above zero in every row")
    if family == "poisson" and not (y >= 0).all():
        raise ValueError("family 'poisson' needs a target without negative values")
    if link == "auto":
        link = "identity" if family == "gaussian" else "log"
    return family, link
