"""Which model is it? The same for every copy of a model folder, in MLflow and out of it."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .checkpoints import fingerprint
from .model_extras import MODEL_EXTRAS
from .model_file import read_model_file


def fitted_fingerprint(model_file: Mapping[str, Any]) -> str:
    """What tells a fitted model from others, whatever goes with its outputs: see model_extras.py.

    model_file : what `read_model_file` gives.
    """
    fitted = {name: digest for name, digest in model_file["files"].items() if name not in MODEL_EXTRAS}
    return fingerprint({"files": fitted, "params": model_file["params"], "name": model_file["model_name"]})


def model_fingerprint(folder: Path | str) -> str:
    """Return a short hash of what model.json says, the checksums of all other files among it.

    Raises ArtifactsError where there is no model folder.
    """
    content = json.dumps(read_model_file(folder), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:16]
