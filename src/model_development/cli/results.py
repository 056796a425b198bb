"""What `--json` says after a phase: from its files alone, each number with its file and key."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..storage import files as artifacts
from .cited import CitedFile

if TYPE_CHECKING:
    from argparse import Namespace

SEEN = (  # files that people are shown, where they exist
    artifacts.DATA_PROFILE,
    artifacts.MODEL_COMPARISON,
    artifacts.COMPARISON_CHART,
    artifacts.EXECUTED_NOTEBOOK_HTML,
    artifacts.TOP_MODELS_CHART,
    artifacts.EVALUATION_REPORT,
    artifacts.MODEL_CARD,
)


def folder_of(context: Path | str | None) -> Path:
    """Return the artifacts folder of this epoch, of a context file."""
    from ..settings.context import read_context

    return artifacts.epoch_folder(read_context(context))


def check_result(options: Namespace) -> dict[str, Any]:
    """What the checks of the data have found."""
    folder = folder_of(options.context)
    return about(folder) | found_in_data(folder) | {"files": files_of(folder)}


def training_result(options: Namespace) -> dict[str, Any]:
    """The leaderboard, the best model, and what is to be known of both."""
    folder = folder_of(options.context)
    return about(folder) | found_in_data(folder) | training_content(folder) | {"files": files_of(folder)}


def tuning_result(options: Namespace) -> dict[str, Any]:
    """As `training_result`, with what the search found."""
    return training_result(options) | tuning_content(folder_of(options.context))


def evaluation_result(options: Namespace) -> dict[str, Any]:
    """The figures of the final model on the test rows, and against the others."""
    folder = folder_of(options.context)
    return about(folder) | evaluation_content(folder) | {"files": files_of(folder)}


def about(folder: Path) -> dict[str, Any]:
    """Project, kind of problem, and rows, as the data checks had them."""
    file = CitedFile(folder / artifacts.DATA_CHECKS, produced_by="model-development check")
    names = ("project", "problem_type", "target_variable", "positive_class", "primary_metric", "n_rows")
    return {name: file.get(name) for name in (*names, "greater_is_better")} | {"folder": str(folder)}


def found_in_data(folder: Path) -> dict[str, Any]:
    """Findings of the data checks, errors first; `warnings` are those that hold for every number."""
    file = CitedFile(folder / artifacts.DATA_CHECKS, produced_by="model-development check")
    findings = file.get("findings") or []
    return {
        "n_findings": file.cite("counts"),
        "stops": file.get("stops"),
        "warnings": [row for row in findings if row["severity"] != "info"],
        "notes": [row for row in findings if row["severity"] == "info"],
    }


def training_content(folder: Path) -> dict[str, Any]:
    """What phase 1 has left."""
    file = CitedFile(folder / artifacts.ALL_MODELS_METRICS, produced_by="model-development train")
    metric, best = file.get("primary_metric"), file.get("best_model_name")
    return {
        "best_model": {
            "name": best,
            "params": file.get("models", best, "params"),
            "on_the_folds": _on_folds(file, ("models", best), metric),
            "on_validation_rows": file.cite("models", best, "metrics", metric),
            "beats_dummy": file.get("beats_dummy"),
            "model_path": file.get("models", best, "model_path"),
        },
        "not_significantly_different": (file.get("comparison", "on_par") or [])[1:],
        "simplest_of_these": file.get("comparison", "simplest"),
        "leaderboard": [_row(file, place, name, metric) for name, place in _places(file)],
        "conclusions": file.get("conclusions"),
    }


def _places(file):
    """(name with parameters that are not the baseline's, where its row stands), best first."""
    places = {row.get("label", name): ("models", name) for name, row in file.get("models").items()}
    places |= {row["label"]: ("variants", at) for at, row in enumerate(file.get("variants") or [])}
    return [(label, places[label]) for label in file.get("leaderboard") or file.get("ranking")]


def _row(file, place, name, metric):
    row = {"model": name, "status": file.get(*place, "status")}
    if row["status"] != "ok":
        return row | {"reason": file.get(*place, "reason")}
    versus = file.get("comparison", "versus", name) or {}
    return row | {
        "note": file.get(*place, "note"),
        "on_the_folds": _on_folds(file, place, metric),
        "on_validation_rows": file.cite(*place, "metrics", metric),
        "p_against_best": versus.get("p"),
        "training_time_s": file.cite(*place, "metrics", "training_time"),
        "inference_time_ms": file.cite(*place, "metrics", "inference_time_ms"),
    }


def _on_folds(file, place, metric):
    cv = (*place, "cv", metric)
    return file.cite(*cv, "mean", std=(*cv, "std"), low=(*cv, "low"), high=(*cv, "high"))


def tuning_content(folder: Path) -> dict[str, Any]:
    """What phase 2 has left."""
    file = CitedFile(folder / artifacts.TUNED_MODEL_INFO, produced_by="model-development tune")
    search = CitedFile(folder / artifacts.TUNING_SUMMARY, produced_by="model-development tune")
    bounds = {"low": ("improvement_pct_low",), "high": ("improvement_pct_high",)}
    return {
        "tuned_model": {
            "name": file.get("model_name"),
            "handed_over": (file.get("ensemble") or {}).get("name") or file.get("model_name"),
            "params": file.get("best_params"),
            "model_path": file.get("model_path"),
            "fitted_on": file.get("ensemble", "fitted_on") or file.get("fitted_on"),
        },
        "ensemble": _ensemble(file),
        "improved": file.get("improved"),
        "improvement_pct": file.cite("improvement_pct", **bounds),
        "on_the_folds": {
            "baseline": file.cite("baseline_cv_mean"),
            "final": file.cite("final_cv_mean"),
        },
        "on_validation_rows": {
            "baseline": file.cite("baseline_metric_value"),
            "final": file.cite("final_metric_value"),
        },
        "verdict": file.get("verdict"),
        "search": {name: search.cite(name) for name in ("strategy", "n_trials", "search_time_s")},
    }


def _ensemble(file):
    """The ensemble that was handed over in the tuned model's place; None where it was not."""
    if not file.get("ensemble"):
        return None
    metric = file.get("primary_metric")
    return {
        "weights": file.get("ensemble", "weights"),
        "on_the_folds": file.cite("ensemble", "cv", metric, "mean"),
        "on_validation_rows": file.cite("ensemble", "metrics", metric),
        "inference_time_ms": file.cite(
            "ensemble", "metrics", "inference_time_ms", single=("ensemble", "single_inference_time_ms")
        ),
    }


def evaluation_content(folder: Path) -> dict[str, Any]:
    """What phase 3 has left."""
    file = CitedFile(folder / artifacts.EVALUATION_METRICS, produced_by="model-development evaluate")
    metric = file.get("primary_metric")
    models = {}
    for role, model in file.get("models").items():
        place = ("models", role, "metrics", metric)
        bounds = {"low": (*place, "test_low"), "high": (*place, "test_high")}
        models[role] = {"name": model["name"], metric: file.cite(*place, "test", **bounds)}
    return {
        "final_model": file.get("final_model"),
        "on_test_rows": models,
        "final_minus": {
            role: file.cite(
                *("differences", role, metric, "difference"),
                low=("differences", role, metric, "low"),
                high=("differences", role, metric, "high"),
            )
            for role in file.get("differences")
        },
        "n_test_openings": file.cite("n_test_openings"),
        "policy": file.get("policy"),
        "could_not_be_made": file.get("failed"),
    }


def files_of(folder: Path) -> dict[str, str]:
    """Files for people that exist, by name."""
    return {name: str(folder / name) for name in SEEN if (folder / name).is_file()}
