"""From what the user asked of a search to a Strategy: checked, with the model's own space or the user's."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import SettingsError, did_you_mean
from ...features.steps.in_params import split_params
from ...fitting.shared_fits import group_by_shared_fit
from ...models.class_weights import CHOICES, PARAMETER, is_imbalanced
from ...search.space import Range, Space, read_space
from ...search.table import ALL, STRATEGIES, SearchRequest, make_strategy
from ...settings.settings import require_seconds
from ...settings.yaml_text import parse_yaml
from ..known_parameters import known_parameters

if TYPE_CHECKING:
    from ...models.spec import ModelSpec
    from ...search.strategies import Strategy
    from ..session import Session
    from .baseline import Baseline


EQUAL = {PARAMETER: None}  # rows weigh alike, where nothing else is said


@dataclass(frozen=True)
class SearchOptions:
    """What was asked for. Raises SettingsError for what makes no sense, before anything is read."""

    strategy: str = "auto"
    n_trials: int | str | None = None  # None: as many as there is time for, or 50 where no time is given
    timeout_s: float | None = None
    grid: str | None = None  # file with the user's own values or ranges
    second: str | None = None  # criterion beside the score, see criteria.py

    def __post_init__(self) -> None:
        if self.strategy not in STRATEGIES:
            raise SettingsError(
                f"No strategy is called {self.strategy!r}.{did_you_mean(self.strategy, STRATEGIES)} "
                f"Known: {', '.join(STRATEGIES)}."
            )
        n = self.n_trials
        if n not in (None, ALL) and (isinstance(n, bool) or not isinstance(n, int) or n < 1):
            raise SettingsError(f"The number of trials must be 1 or more, or 'all', not {n!r}.")
        if n == ALL and not STRATEGIES[self.strategy].has_end:
            raise SettingsError(f"'all' trials are the grid; strategy {self.strategy!r} needs a number.")
        require_seconds("The timeout", self.timeout_s)

    @property
    def only_time_ends_it(self) -> bool:
        """Is the search as long as the time, with no number, values or second criterion asked for?"""
        return (self.n_trials, self.grid, self.second) == (None, None, None)


def choose_space(session: Session, spec: ModelSpec, file: Path | str | None = None) -> Space:
    """Return the space of the user's file, else the model's grid.

    Raises SettingsError that names what is wrong in the file, with the nearest parameter.
    """
    if file is None:
        return read_space(spec.search_space, spec.name) if spec.search_space else {}
    space = read_space(_read_file(Path(file)), str(file))
    known = known_parameters(session, spec)
    _require_known(file, spec, list(space), known)
    return {name: _as_fractions(spec, name, values) for name, values in space.items()}


def _require_known(file, spec, names, known):
    """Raise SettingsError, in a sentence, for names of parameters that the model does not have."""
    if not known:
        raise SettingsError(f"{spec.name} has no parameters to tune: leave out the grid {file}.")
    unknown = [name for name in names if name not in known]
    if not unknown:
        return
    hints = ", ".join(f"{name!r}{did_you_mean(name, known)}" for name in unknown)
    head = f"{file} holds none of its parameters" if len(unknown) == len(names) else str(file)
    raise SettingsError(
        f"{head}: {spec.name} has no parameter {hints} Known, but for those set for all models alike: "
        f"{', '.join(known)}."
    )


def _as_fractions(spec, name, values):
    """A range from 0 to 1 of what the table does not know as a count: its ends are not all of it."""
    known = spec.ranges.get(name)
    ends = [known["low"], known["high"]] if isinstance(known, dict) else [spec.baseline.get(name)]
    is_within = isinstance(values, Range) and values.low >= 0 and values.high <= 1
    if is_within and not all(isinstance(end, int) for end in ends):
        return replace(values, low=float(values.low), high=float(values.high))
    return values


def _wide(session, spec):
    """The ranges of the model; where classes differ in their rows, what these weigh is a part of it."""
    weights = {}
    if session.task.has_classes and spec.weighs_classes and is_imbalanced(session.data.y_train):
        weights = {PARAMETER: CHOICES}
    return {**read_space(spec.ranges or spec.search_space, spec.name), **weights}


def choose_strategy(
    session: Session, spec: ModelSpec, options: SearchOptions, baseline: Baseline
) -> Strategy:
    """Return the Strategy that was asked for."""
    space, engine = choose_space(session, spec, options.grid), session.engine
    is_own = bool(options.grid) or not space
    wide = space if is_own else _wide(session, spec)
    request = SearchRequest(
        space=space,
        wide_space=wide,
        start=EQUAL | _with_its_rate(baseline),
        n_trials=options.n_trials,
        timeout_s=options.timeout_s,
        seed=session.context.settings.seed,
        n_folds=len(session.data.folds),
        n_rows=len(session.data.folds[0][0]),
        n_slots=engine.n_slots,
        n_workers=engine.n_workers,
        groups=partial(_groups, spec),
        origin=str(options.grid or spec.name),
        portfolio=[{**EQUAL, **params} for params in spec.portfolio],
        standard_error=(baseline.cv_std or 0.0) / len(baseline.folds) ** 0.5,
        has_second=options.second is not None,
        start_score=None if is_own else _start_score(session, spec, baseline, wide),
        fit_s=baseline.fold_fit_s,
    )
    return make_strategy(options.strategy, request)


def _start_score(session, spec, baseline, space):
    """Of a baseline with parameters that no combination has, such as a number of rounds that holds, or None.

    Its feature steps are those of every combination.
    """
    family, (own, _) = session.task.family, split_params(baseline.params)
    known, _ = split_params(_with_its_rate(baseline))
    point = {name: known[name] for name in space if name in known}
    if not baseline.is_complete or spec.completed(point, family) == spec.completed(own, family):
        return None
    return baseline.cv_mean if session.metric.greater_is_better else -baseline.cv_mean


def _with_its_rate(baseline):
    """Its parameters; a rate that the library has chosen by itself in the place of None."""
    is_automatic = baseline.learning_rates and baseline.params.get("learning_rate", 0) is None
    return baseline.params | ({"learning_rate": baseline.learning_rates[0]} if is_automatic else {})


def _groups(spec, combinations):
    groups = group_by_shared_fit(enumerate(combinations), spec.shared_parameters, spec.canonical_params)
    return [[params for _, params in group] for group in groups]


def _read_file(path):
    """The content of a YAML or JSON file (JSON is YAML). Raises SettingsError where there is none."""
    import yaml

    try:
        text = path.read_text(encoding="utf-8")
        return json.loads(text) if path.suffix == ".json" else parse_yaml(text)
    except FileNotFoundError:
        raise SettingsError(f"There is no file {path} with a grid.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The grid {path} cannot be read: {error}.") from error
    except (ValueError, yaml.YAMLError) as error:
        raise SettingsError(
            f"The grid {path} is no valid {_kind(path)}: {' '.join(str(error).split())}."
        ) from None


def _kind(path):
    return "JSON" if path.suffix == ".json" else "YAML"
