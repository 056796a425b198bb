"""handoff.yaml: what the next people are given, what they are to do with it, and what is not done yet."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..storage import files as artifacts
from ..storage.files import SCHEMA_VERSION, plain

# receiver: (what it is for, files that it is given where they exist, what it runs)
RECEIVERS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "evaluation": (
        "final figures on sealed test rows, decisions, explanation",
        (artifacts.TUNED_MODEL_INFO, artifacts.BEST_MODEL_INFO, artifacts.ROW_ASSIGNMENT),
        ("model-development evaluate --context {context}",),
    ),
    "testing": (
        "the gate: thresholds with intervals, and the model test suite",
        (artifacts.EVALUATION_METRICS, artifacts.TEST_PREDICTIONS, artifacts.DATA_CONTRACT),
        ("model-development validate --context {context}",),
    ),
    "mlops": (
        "package, registry, monitoring",
        (artifacts.DECISION_POLICY, artifacts.MODEL_CARD, artifacts.EVALUATION_REPORT),
        (
            "model-development package --context {context}",
            "model-development promote promote --context {context}",
        ),
    ),
}
NUMBERS = ("primary_metric", "baseline_metric_value", "final_metric_value", "improvement_pct", "improved")
MODEL = ("model_path", "model_uri", "registered_model", "registered_model_version")


def handoff(
    project: str, context: str, folder: Path, outputs: Mapping[str, Any], warnings: list[str]
) -> dict[str, Any]:
    """Return what handoff.yaml holds.

    on_validation_rows are the figures of the tuned model; those of an ensemble that was handed over in its
    place stand under `ensemble`. context : path of the context file. folder : the artifacts folder.
    outputs : `epoch_005_outputs` as the context has or will have them. warnings : sentences about the data
    that hold for every number.
    """
    ensemble = outputs.get("ensemble")
    return plain(
        {
            "schema_version": SCHEMA_VERSION,
            "from": {"epoch": "005", "name": "model development", "project": project, "context": context},
            "model": {
                "name": outputs.get("final_model", outputs["best_model_name"]),
                "params": {"weights": ensemble["weights"]} if ensemble else outputs["best_model_params"],
                **{name: outputs.get(name) for name in MODEL},
            },
            "tuned_model": {"name": outputs["best_model_name"], "params": outputs["best_model_params"]},
            "on_validation_rows": {name: outputs[name] for name in NUMBERS},
            "ensemble": ensemble,
            "on_test_rows": outputs.get("evaluation"),
            "warnings": warnings,
            "to": {name: _receiver(name, context, folder) for name in RECEIVERS},
        }
    )


def _receiver(name, context, folder):
    purpose, files, steps = RECEIVERS[name]
    return {
        "for": purpose,
        "files": [file for file in files if (folder / file).is_file()],
        "run": [step.format(context=context) for step in steps],
    }
