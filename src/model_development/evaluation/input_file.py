"""An EvaluationInput as a file for workers: each loads the model by itself, and once."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..metrics.kpis import read_kpis
from ..metrics.own import use_own_metrics
from ..storage.model_folder import load_folder

if TYPE_CHECKING:
    from ..reports.section import Section
    from .evaluation_input import EvaluationInput


def write_input(given: EvaluationInput, own_metrics: tuple[Any, ...], place: Path, path: Path) -> None:
    """Write an EvaluationInput whose model is left to workers, and what they read by themselves.

    own_metrics : see metrics/own.py. place : folder of the context, where a file of the user's figures is.
    """
    with open(path, "wb") as file:
        pickle.dump((own_metrics, place, given), file, protocol=pickle.HIGHEST_PROTOCOL)


@lru_cache(maxsize=1)
def read_input(path: str, folder: str) -> EvaluationInput:
    """Return the EvaluationInput with the model in `folder`."""
    with open(path, "rb") as file:
        own_metrics, place, given = pickle.load(file)
    use_own_metrics(own_metrics)
    return replace(given, model=load_folder(folder), kpis=read_kpis(given.settings.business, place))


def find_section(
    run: Callable[[EvaluationInput], Section | None],
    input_path: str,
    folder: str,
    options: dict[str, Any],
    report: Callable[[str], None],
) -> Section | None:
    """Run one row of ANALYSES or EXPLANATIONS; in a worker."""
    return run(read_input(input_path, folder))
