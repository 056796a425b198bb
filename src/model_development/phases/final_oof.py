"""Out-of-fold predictions of the parameters that phase 2 found: made once, by the first phase that asks."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..execution.protocol import Call
from ..fitting.out_of_fold import predict_out_of_fold
from ..models.table import get_model
from ..storage import files as artifacts
from .training.recording import result_key

if TYPE_CHECKING:
    from .session import Session

NAME = "out-of-fold predictions"


class FinalOutOfFold:
    """The out-of-fold predictions of one model with given parameters, as a file of the artifacts folder.

    place : name of that file, and of what is kept beside it.
    """

    def __init__(
        self,
        session: Session,
        model_name: str,
        params: Mapping[str, Any],
        place: str = artifacts.FINAL_OOF,
    ) -> None:
        self.place = place
        self.session, self.model_name, self.params = session, model_name, dict(params)
        self.key = result_key(session, get_model(model_name), self.params)
        self.path: Path = session.record.oof_path(place)

    @property
    def is_made(self) -> bool:
        """Has a phase made them already?"""
        return self.session.record.checkpoints.key(self.place) == self.key and self.path.is_file()

    def call(self) -> Call:
        """The work that makes them; what is there, of other parameters, counts for nothing from now on."""
        session, spec = self.session, get_model(self.model_name)
        session.record.checkpoints.path(self.place).unlink(missing_ok=True)
        arguments = {
            "model_name": self.model_name,
            "params": self.params,
            "rows_path": session.rows_path,
            "options": session.options,
            "oof_path": str(self.path),
            "folds_folder": str(session.record.folds_folder(self.place, self.key)),
            "metric_name": session.metric.name,
            "seconds_left": None,
            "all_folds": True,
        }
        needs_mb = session.memory.worker_mb(spec, self.params)
        reads, writes = ("rows_path", "folds_folder"), ("oof_path", "folds_folder")
        return Call(NAME, spec.framework, predict_out_of_fold, arguments, needs_mb, reads, writes)

    def own_copy(self) -> Path:
        """A copy for this session: another search in the same folder writes its own over what is there."""
        return Path(shutil.copy(self.path, self.session.workspace / f"{self.place}.parquet"))

    def keep(self, measured: Mapping[str, Any]) -> None:
        """Remember what the work has measured, and that it is done."""
        record, whose = self.session.record, {"model_name": self.model_name, "params": self.params}
        record.checkpoints.save(self.place, self.key, {"cv": measured["cv"]} | whose)
        record.drop_folds(self.place, self.key)

    def measured(self) -> dict[str, Any] | None:
        """What `keep` was given; None where they are not made."""
        return self.session.record.checkpoints.load(self.place, self.key)
