"""One door to both stores: what is written to the artifacts folder is logged to MLflow as well."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from ..data.with_columns import with_columns
from ..reports.chart import Chart, UndrawnChart
from ..storage import files as artifacts
from ..storage.checkpoints import Checkpoints
from ..storage.files import open_artifacts_folder, replace_folder, replacing, to_json, write_text
from ..storage.model_file import read_model_file
from ..storage.progress_log import ProgressLog
from ..storage.tracked import require_untracked
from ..tracking.connection import LOCAL_ARTIFACTS, LOCAL_STORE
from ..tracking.store import TrackingStore
from .example import made_up_row

if TYPE_CHECKING:
    import pandas as pd

    from ..data.development import DevelopmentData
    from ..settings.context import Context


LEFT_AFTER = 86_400  # seconds
N_ASIDE = 2  # models of other parameters that are kept beside the one of a name


class Record:
    """The artifacts folder and the MLflow experiment of one context."""

    def __init__(self, context: Context) -> None:
        """Open both. Raises ArtifactsError or TrackingError before any work is done."""
        root = context.artifacts_root
        require_untracked(root / artifacts.EPOCH_FOLDER, root / LOCAL_STORE, root / LOCAL_ARTIFACTS)
        self.folder = open_artifacts_folder(root)
        self.store = TrackingStore(context)
        self.share_rows = context.settings.share_rows
        self.progress_log = ProgressLog(self.folder / artifacts.PROGRESS)
        self.checkpoints = Checkpoints(self.folder / artifacts.CHECKPOINTS_FOLDER)
        self._example: tuple[DevelopmentData, pd.DataFrame] | None = None  # of the rows it was made for

    def path(self, name: str) -> Path:
        return self.folder / name

    def model_folder(self, name: str) -> Path:
        """Where the model of this name is saved."""
        return self.folder / artifacts.MODELS_FOLDER / name

    def new_model_folder(self, name: str) -> Path:
        """Where a model of this process is saved until all of it went well, see `publish`."""
        return Path(self._new.name) / name

    @cached_property
    def _new(self):
        place = self.folder / artifacts.CHECKPOINTS_FOLDER
        place.mkdir(exist_ok=True)
        for left in place.glob(f"{artifacts.NEW_FOLDER}*"):  # by processes that were killed
            with suppress(FileNotFoundError):  # another process sees to it
                if time.time() - left.stat().st_mtime > LEFT_AFTER:
                    shutil.rmtree(left, ignore_errors=True)
        return TemporaryDirectory(dir=place, prefix=artifacts.NEW_FOLDER)

    def new_oof_path(self, name: str) -> Path:
        return self.new_model_folder(name).with_suffix(".parquet")

    def publish(self, name: str, *, with_model: bool = True) -> None:
        """Let the new model, if there is one, and its out-of-fold predictions replace the old ones."""
        if with_model:
            replace_folder(self.new_model_folder(name), self.model_folder(name))
        self.new_oof_path(name).replace(self.oof_path(name))

    def archive(self, name: str, but: str | None = None, beside: Path | None = None) -> None:
        """Let the model of this name make room, with its checkpoint; both can be brought back.

        but : a key; a model of it is no other one, and only its checkpoint goes. beside : one set aside that
        is about to come back, and stays however many there are.
        The checkpoint goes first: a model without one is trained anew.
        """
        key = self.checkpoints.key(name)
        if key is None:
            return
        if key == but:
            self.checkpoints.path(name).unlink(missing_ok=True)
            return
        place = self._aside(name, key)
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        for path in self._files_of(name):
            if path.exists():
                path.replace(place / path.name)
        others = [folder for folder in place.parent.glob(f"{name}-*") if folder != beside]
        others.sort(key=lambda folder: folder.stat().st_mtime)
        for old in others[:-N_ASIDE]:
            shutil.rmtree(old, ignore_errors=True)

    def holds(self, name: str, key: str) -> bool:
        """Is the model of this name the one of this key? Where another one is, it is put back if it can be.

        One of which nothing is known is taken for it.
        """
        if self.checkpoints.key(name) != key:
            self.restore(name, key)
        return self.checkpoints.key(name) in (key, None)

    def restore(self, name: str, key: str) -> None:
        """Put the model that was set aside with this key into its place, and the one that is there aside.

        It is copied, its checkpoint last: whatever ends that, it can be done again.
        """
        place, (checkpoint, model, oof) = self._aside(name, key), self._files_of(name)
        if not all((place / path.name).exists() for path in (checkpoint, model, oof)):
            return
        self.archive(name, beside=place)
        replace_folder(Path(shutil.copytree(place / model.name, place / "copied", dirs_exist_ok=True)), model)
        for path in (oof, checkpoint):
            Path(shutil.copy(place / path.name, place / "copied")).replace(path)
        shutil.rmtree(place)

    def _aside(self, name, key):
        return self.folder / artifacts.CHECKPOINTS_FOLDER / "aside" / f"{name}-{key}"

    def _files_of(self, name):
        return self.checkpoints.path(name), self.model_folder(name), self.oof_path(name)

    def folds_folder(self, name: str, key: str) -> Path:
        """Where the finished folds of a model are kept until all of its work is done."""
        return self.folder / artifacts.CHECKPOINTS_FOLDER / artifacts.FOLDS_FOLDER / f"{name}-{key}"

    def begin_folds(self, name: str, key: str, *, fresh: bool) -> Path:
        """Return `folds_folder`, emptied if `fresh`; but for the last few, those of other keys go."""
        place = self.folds_folder(name, key)
        others = [folder for folder in place.parent.glob(f"{name}-*") if folder != place]
        if fresh:
            self.drop_folds(name, key)
        for old in sorted(others, key=_modified)[:-N_ASIDE]:
            shutil.rmtree(old, ignore_errors=True)
        return place

    def drop_folds(self, name: str, key: str) -> None:
        """The folds of a model are of no more use: its result is kept."""
        shutil.rmtree(self.folds_folder(name, key), ignore_errors=True)

    @contextmanager
    def handing_over(self) -> Iterator[None]:
        """One search at a time writes the files of which there is one for all."""
        with FileLock(self.folder / artifacts.CHECKPOINTS_FOLDER / "hand_over.lock"):
            yield

    def json(self, run_id: str, name: str, payload: Mapping[str, Any]) -> None:
        """Write a dict as strict JSON."""
        self.text(run_id, name, to_json(payload))

    def oof_path(self, name: str) -> Path:
        """Where the out-of-fold predictions of the model of this name are kept."""
        return self.folder / artifacts.OOF_FOLDER / f"{name}.parquet"

    def write(self, name: str, text: str) -> None:
        """Write a text that is logged later, when there is a run for it."""
        write_text(self.path(name), text)

    def text(self, run_id: str, name: str, text: str) -> None:
        self.write(name, text)
        self.store.log_file(run_id, self.path(name))

    def frame(self, name: str, save: Callable[[Path], None]) -> None:
        """Let `save` write a file of this name, whole or not at all."""
        with replacing(self.path(name)) as temporary:
            save(temporary)

    def table(self, run_id: str, name: str, frame: pd.DataFrame) -> None:
        """Write a DataFrame as CSV."""
        self.text(run_id, name, frame.to_csv(index=False))

    def chart(self, run_id: str, name: str, chart: Chart | UndrawnChart | None) -> None:
        """Write a Chart as PNG; of an UndrawnChart, a text that says why; where there is none, nothing."""
        note = Path(name).with_suffix(".txt").name
        if chart is None or isinstance(chart, UndrawnChart):
            self.path(name).unlink(missing_ok=True)  # of an earlier run
        if chart is None:
            return
        if isinstance(chart, UndrawnChart):
            self.text(run_id, note, f"{name}: {chart.reason}\n")
            return
        self.path(note).unlink(missing_ok=True)
        with replacing(self.path(name)) as temporary:
            temporary.write_bytes(chart.png)
        self.store.log_file(run_id, self.path(name))

    def model(self, run_id: str, folder: Path | str, data: DevelopmentData) -> str:
        """Log a saved model, with a signature and an example; return its URI.

        The example is made up, unless the setting `share_rows` lets rows of the table leave the project.
        """
        if self._example is None or self._example[0] is not data:
            rows = data.X_validation[data.schema.names()].head(5)
            rows = rows if self.share_rows else made_up_row(data.X_train, data.schema)
            self._example = data, _printable(rows)
        example = self._example[1]
        packages = read_model_file(folder)["packages"]
        return self.store.models.log(run_id, folder, data.schema, data.task, example, packages)


def _modified(path):
    """When a file was written last; 0 where another process has just removed it."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _printable(example):
    """Example rows as JSON has them: a type without a form there (time zones, durations) as text."""
    plain = {"b", "i", "f", "M"}
    odd = [name for name in example if example[name].dtype.kind not in plain or _has_zone(example[name])]
    texts = {name: example[name].map(_text_but_bool, na_action="ignore") for name in odd}
    return with_columns(example, texts)


def _text_but_bool(value):
    return value if isinstance(value, bool) else str(value)


def _has_zone(values):
    return getattr(values.dtype, "tz", None) is not None
