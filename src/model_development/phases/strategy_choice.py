"""From what the user asked of a search to a Strategy: checked, with the model's own space or the user's."""

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ..errors import SettingsError, TrainingError, did_you_mean
from ..handover.settings import MAX_SECONDS
from ..scoring.fitting import library_parameters
from ..scoring.prefix import group_by_shared_fit
from ..search.bayesian import Bayesian
from ..search.engines import Call
from ..search.space import has_ranges, read_space
from ..search.strategies import NO_END, GridOrElse, Hyperband, Listed, draw, shuffled_grid
from .trade_off import CRITERIA

STRATEGIES = ("auto", "grid", "random", "bayesian", "halving")
ALL = "all"
DEFAULT_N_TRIALS = 50
PATIENCE_S = 600  # without a timeout, `auto` takes the grid where it is done in this time
MARGIN = 0.9  # of the time, for the grid to fit into


@dataclass(frozen=True)
class SearchOptions:
    """What was asked for. Raises SettingsError for what makes no sense, before anything is read."""

    strategy: str = "auto"
    n_trials: int | str | None = None  # None: as many as there is time for, or 50 where no time is given
    timeout_s: float | None = None
    grid: str | None = None  # file with the user's own values or ranges
    second: str | None = None  # criterion beside the score: "latency" or "size"

    def __post_init__(self):
        if self.strategy not in STRATEGIES:
            raise SettingsError(
                f"No strategy is called {self.strategy!r}.{did_you_mean(self.strategy, STRATEGIES)} "
                f"Known: {', '.join(STRATEGIES)}."
            )
        if self.second not in (None, *CRITERIA):
            raise SettingsError(
                f"No second criterion is called {self.second!r}.{did_you_mean(self.second, CRITERIA)} "
                f"Known: {', '.join(CRITERIA)}."
            )
        n = self.n_trials
        if n not in (None, ALL) and (isinstance(n, bool) or not isinstance(n, int) or n < 1):
            raise SettingsError(f"The number of trials must be 1 or more, or 'all', not {n!r}.")
        if n == ALL and self.strategy not in ("auto", "grid"):
            raise SettingsError(f"'all' trials are the grid; strategy {self.strategy!r} needs a number.")
        if self.timeout_s is not None and not 0 < self.timeout_s <= MAX_SECONDS:
            raise SettingsError(
                f"The timeout must be a number of seconds above 0, at most 1e8, not {self.timeout_s:g}."
            )


def choose_space(session, spec, options, *, wide):
    """Return the space to search: the user's file, else the model's grid, or its wider ranges.

    Raises SettingsError that names what is wrong in the file, with the nearest parameter.
    """
    if options.grid is None:
        content = (wide and spec.ranges) or spec.search_space
        return read_space(content, spec.name) if content else {}
    space = read_space(_read_file(Path(options.grid)), str(options.grid))
    known = known_parameters(session, spec)
    unknown = [f"{name!r}{did_you_mean(name, known)}" for name in space if name not in known]
    if unknown:
        raise SettingsError(
            f"{options.grid}: {spec.name} has no parameter {', '.join(unknown)} Known: {', '.join(known)}."
        )
    return space


def make_strategy(session, spec, options, start):
    """Return (Strategy, the space that it searches). start : the baseline's parameters."""
    strategy, n = options.strategy, options.n_trials
    seed, n_folds = session.context.settings.seed, len(session.data.folds)
    of_grid = choose_space(session, spec, options, wide=False)
    n_some = n if isinstance(n, int) else NO_END if options.timeout_s else DEFAULT_N_TRIALS

    def bayesian(first_number=1):
        wide = of_grid if options.grid else choose_space(session, spec, options, wide=True)
        at_once = session.engine.n_workers
        return Bayesian(wide, start, n_some, n_folds, seed, at_once, first_number), wide

    if not of_grid:
        return Listed([], n_folds), {}
    if strategy == "bayesian" or (strategy == "auto" and has_ranges(of_grid)):
        return bayesian()
    if strategy == "halving":
        n_rows = len(session.data.folds[0][0])
        return Hyperband(partial(draw, of_grid, seed=seed), n_some, n_folds, n_rows), of_grid
    if strategy == "random":
        return Listed(draw(of_grid, n_some, seed), n_folds, kind="random"), of_grid
    if has_ranges(of_grid):
        raise SettingsError(
            f"{options.grid} holds ranges, which no grid can exhaust: give lists of values, or --strategy "
            "bayesian, random or halving."
        )
    combinations = shuffled_grid(of_grid, seed)
    if strategy == "grid" or n == ALL:
        return Listed(combinations[: n if isinstance(n, int) else None], n_folds), of_grid
    if n is not None:
        return (Listed(combinations, n_folds), of_grid) if n >= len(combinations) else bayesian()
    return _judged(session, spec, combinations, options.timeout_s, n_folds, bayesian), of_grid


def _judged(session, spec, combinations, timeout_s, n_folds, bayesian):
    """The grid if it fits into the time, as the first of its combinations show; else bayesian."""
    groups = group_by_shared_fit(enumerate(combinations), spec.shared_parameters)
    n_workers = session.engine.n_workers
    ordered = [params for group in groups for _, params in group]
    n_first = sum(len(group) for group in groups[:n_workers])
    time_for_it = (timeout_s or PATIENCE_S) * MARGIN

    def fits(seconds, n_done):
        return seconds / n_done * len(ordered) / n_workers <= time_for_it

    return GridOrElse(n_first, ordered, n_folds, fits, lambda number: bayesian(number)[0])


def known_parameters(session, spec):
    """Names of all parameters that a search may vary: the table's, and those of the library."""
    known = {**spec.baseline, **spec.search_space, **spec.ranges}
    if not spec.open_parameters:
        return sorted(known)
    call = Call(
        "parameters",
        spec.framework,
        library_parameters,
        {"model_name": spec.name, "options": session.options},
    )
    outcome = next(payload for kind, _, payload in session.engine.run([call]) if kind == "outcome")
    if outcome.status != "ok":
        raise TrainingError(f"{spec.name} cannot be tuned: {outcome.reason}")
    return sorted({*known, *outcome.result})


def _read_file(path):
    """The content of a YAML or JSON file (JSON is YAML). Raises SettingsError where there is none."""
    import yaml

    try:
        text = path.read_text(encoding="utf-8")
        return json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
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
