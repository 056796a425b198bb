"""Which model is it? The same for every copy of a model folder, in MLflow and out of it."""

import hashlib
import json
from pathlib import Path

from .model_file import read_model_file


def model_fingerprint(folder: Path | str) -> str:
    """Return a short hash of what model.json says, the checksums of all other files among it.

    Raises ArtifactsError where there is no model folder.
    """
    content = json.dumps(read_model_file(folder), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:16]
