"""From what phases 2 and 3 left to a package: model, figures, what the training rows were like, examples."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..data.rows import take_rows
from ..data.splitting.assignment import load_assignment
from ..errors import ArtifactsError
from ..features.rows_alone import require_rows_alone
from ..monitoring.reference import Reference
from ..promotion.report import read_report
from ..serving.package.contents import PackageContents
from ..serving.package.typical_rows import typical_rows, unlike
from ..settings.context import read_context, read_raw_context, without_secrets
from ..settings.splits import SPLITS
from ..storage import files as artifacts
from ..storage.checkpoints import Checkpoints
from ..storage.fingerprint import model_fingerprint
from ..storage.model_folder import load_folder
from ..storage.tuned_model import read_tuned_model
from .training_result import read_training_result

if TYPE_CHECKING:
    from ..data.rows import Rows
    from ..predictor import Predictor
    from ..serving.package.contents import Row
    from ..settings.context import Context
    from ..storage.tuned_model import TunedModel

N_EXAMPLES, N_BACKGROUND = 24, 60
NO_GATE = "The gate was not asked about this model: validate_model.py says whether it may go into production."
NO_EVALUATION = (
    "Phase 3 has not been run on this model: its card has gaps, and no figure of it is on unseen rows. "
    "evaluate_model.py fills them."
)


@dataclass(frozen=True)
class Packaging:
    """What is needed to write a package and to check it.

    table : raw training and validation rows, which must not stand in it. may_share : see the setting
    `share_rows`. report : of the gate; None where it was not asked. output : where it goes unless said
    otherwise. warnings : sentences.
    """

    contents: PackageContents
    table: pd.DataFrame
    may_share: bool
    report: dict[str, Any] | None
    output: Path
    warnings: tuple[str, ...]


def prepare_package(context_path: Path | str | None = None, *, explain: bool = False) -> Packaging:
    """Gather what a package of the final model of a context holds. Nothing is written.

    explain : with background rows, for explanations of single rows.

    Raises ContextError, and ArtifactsError where phases 1 and 2 have not been run, or the table has changed
    since.
    """
    asked = read_context(context_path)
    folder = artifacts.epoch_folder(asked)
    tuned = _tuned(asked, folder)
    context = read_context(context_path, read_training_result(folder).best.settings)
    rows = take_rows(context, load_assignment(folder / artifacts.ROW_ASSIGNMENT))
    _require_same_rows(rows, tuned, folder)
    place = folder / artifacts.TUNED_MODEL_FOLDER
    model, share = load_folder(place), asked.settings.share_rows
    if explain:
        require_rows_alone(model)
    outputs = read_raw_context(context.path).get("epoch_005_outputs") or {}
    evaluation = _evaluation(folder, outputs)
    said, of_said = _said_of_rows_left_out(context, rows, model, folder, tuned, evaluation is not None)
    reference = _training_rows(rows, model, said, of_said)
    examples, background = _examples(rows, model, reference, share)
    final = tuned.handed_over()
    contents = PackageContents(
        model_folder=place,
        name=str(outputs.get("registered_model") or context.experiment),
        version=str(outputs.get("registered_model_version") or model_fingerprint(place)),
        target=rows.task.target,
        positive_class=rows.task.positive_class,
        origin=_origin(context, tuned, outputs, evaluation) | {"model_fingerprint": model_fingerprint(place)},
        fitted_on=final.fitted_on,
        params=final.best_params,
        metrics=_metrics(final, evaluation),
        settings=without_secrets(context.settings.model_dump()),
        other_columns=_other_columns(context, model),
        reference=reference,
        rows=examples,
        rows_are_real=share,
        background=background if explain else (),
        model_card=(folder / artifacts.MODEL_CARD).read_text(encoding="utf-8") if evaluation else None,
    )
    report = read_report(folder, model_fingerprint(place))
    warnings = ((NO_EVALUATION,) if not evaluation else ()) + ((NO_GATE,) if report is None else ())
    return Packaging(contents, rows.X, share, report, folder / artifacts.PACKAGE_FOLDER, warnings)


def _tuned(context: Context, folder: Path) -> TunedModel:
    if not (folder / artifacts.TUNED_MODEL_INFO).is_file():
        raise ArtifactsError(
            f"There is no model to package: phase 2 has not been run on {context.path}. Run it first: "
            f"tune_best_model.py --context {context.path}"
        )
    return read_tuned_model(folder)


def _require_same_rows(rows: Rows, tuned: TunedModel, folder: Path) -> None:
    if rows.assignment.fingerprint != tuned.split_fingerprint:
        raise ArtifactsError(
            f"The table has changed since the model in {folder} was fitted: what its training rows were like "
            "cannot be told any more. Give the table as it was, or run phases 1 and 2 again."
        )


def _training_rows(rows: Rows, model: Predictor, said: np.ndarray, of_said: np.ndarray | None) -> Reference:
    """What they were like. said, of_said : see `_said_of_rows_left_out`."""
    train = rows.X.iloc[: rows.n_train]
    groups = None if rows.groups is None else rows.groups[: rows.n_train]
    groups_of_said = None if groups is None or of_said is None else groups[of_said]
    return Reference.from_rows(train, model.schema_, said, _classes(model), groups, groups_of_said)


def _other_columns(context: Context, model: Predictor) -> list[str]:
    """Columns that the settings name and the model does not have: groups and times, say, of rows to come."""
    named = {name for _, name in context.settings.columns_by_setting()}
    return sorted(named - {column.name for column in model.schema_.columns})


def _classes(model: Predictor) -> list[Any]:
    return getattr(model, "classes_", np.empty(0)).tolist()


def _said_of_rows_left_out(
    context: Context, rows: Rows, model: Predictor, folder: Path, tuned: TunedModel, is_evaluated: bool
) -> tuple[np.ndarray, np.ndarray | None]:
    """What the model said of rows that it was not fitted on: probabilities by class, or numbers.

    Shape (n_rows, n_classes), or (n_rows,); and their positions among the training rows, None for others.
    Models of the first folds of a split by time have seen a small
    part of the rows and speak otherwise than the one at hand. There it is what that one said of the test
    rows, or, where nobody opened them, what the last fold's said.
    """
    by_time, said = SPLITS[context.settings.split].is_in_time, None
    if by_time and is_evaluated:
        said = _read_outputs(folder / artifacts.TEST_PREDICTIONS, model)
    if said is None:
        said = _read_outputs(_out_of_fold_path(folder, tuned), model, last_fold=by_time)
    if said is None:  # of an ensemble whose members were made elsewhere, say
        return model.predict_matrix(model.to_matrix(rows.X.iloc[rows.n_train :])), None
    return said


def _out_of_fold_path(folder: Path, tuned: TunedModel) -> Path:
    oof = folder / artifacts.OOF_FOLDER
    of_final = oof / f"{artifacts.FINAL_OOF}.parquet" if _are_of(folder, tuned) else None
    of_baseline = oof / f"{tuned.model_name}.parquet"
    path = folder / artifacts.ENSEMBLE_OOF if tuned.ensemble else of_final if tuned.improved else of_baseline
    return path if path is not None and path.is_file() else of_baseline


def _are_of(folder, tuned):
    """Are the out-of-fold predictions of a final model this one's? An earlier search may have left others."""
    known = Checkpoints(folder / artifacts.CHECKPOINTS_FOLDER)
    found = known.load(artifacts.FINAL_OOF, known.key(artifacts.FINAL_OOF) or "") or {}
    return (found.get("model_name"), found.get("params")) == (tuned.model_name, tuned.best_params)


def _read_outputs(
    path: Path, model: Predictor, last_fold: bool = False
) -> tuple[np.ndarray, np.ndarray | None] | None:
    """Probabilities or numbers in a file of predictions, and their training rows; None where it has none."""
    if not path.is_file():
        return None
    table, classes = pd.read_parquet(path), _classes(model)
    names = [f"p_{label}" for label in classes] or ["prediction"]
    if not set(names) <= set(table):
        return None
    if last_fold:
        table = table[table["fold"] == table["fold"].max()]
    values = table[names].to_numpy(dtype=float)
    positions = table["row"].to_numpy() if "fold" in table else None
    return values if classes else values[:, 0], positions


def _examples(rows: Rows, model: Predictor, reference: Reference, share: bool) -> tuple[list[Row], list[Row]]:
    """(examples, background), of the table where the user allows it, else made up."""
    schema, n = model.schema_, N_EXAMPLES + N_BACKGROUND
    policy = model.decision_policy_
    keep = [name for name in (policy.columns if policy else ()) if name in schema.names()]
    if share:
        names = [*dict.fromkeys([*schema.names(), *(policy.columns if policy else ())])]
        shown = rows.X[[name for name in names if name in rows.X]]
        real = [_plain_row(row) for row in shown.head(n).to_dict("records")]
        return real[:N_EXAMPLES], real
    made_up = unlike(typical_rows(reference, schema, n), rows.X, schema, keep)
    return made_up[:N_EXAMPLES], made_up[N_EXAMPLES:]


def _plain_row(row):
    missing = {name for name, value in row.items() if not isinstance(value, str) and pd.isna(value)}
    return {name: None if name in missing else artifacts.plain(value) for name, value in row.items()}


def _evaluation(folder: Path, outputs: dict[str, Any]) -> dict[str, Any] | None:
    """What phase 3 found of the model at hand; None where it found nothing, or another one was evaluated."""
    path, named = folder / artifacts.EVALUATION_METRICS, outputs.get("evaluation")
    if not path.is_file() or not isinstance(named, dict) or not (folder / artifacts.MODEL_CARD).is_file():
        return None
    content = artifacts.read_json(path, produced_by="evaluate_model.py")
    is_named = content.get("evaluation_run_id") == named.get("evaluation_run_id")
    return content if is_named else None


def _origin(context, tuned, outputs, evaluation):
    return {
        "project": context.project,
        "data_fingerprint": tuned.data_fingerprint,
        "split_fingerprint": tuned.split_fingerprint,
        "tuning_parent_run_id": tuned.tuning_parent_run_id,
        "model_uri": outputs.get("model_uri"),
        "evaluated_at": (evaluation or {}).get("evaluated_at"),
    }


def _metrics(final, evaluation):
    """Of the validation rows, and of the test rows with their intervals where they were opened."""
    figures = {f"validation_{name}": value for name, value in final.metrics.items()}
    tested = evaluation["models"]["final"]["metrics"] if evaluation else {}
    keys = {"value": "test", "low": "test_low", "high": "test_high"}
    return figures | {
        f"test_{name}": {short: found.get(key) for short, key in keys.items()}
        for name, found in tested.items()
    }
