"""Several fitted models as one, with the face of a single one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..data.columns.unread import clean_rows
from ..predictor import Predictor
from ..tasks.table import codecs

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

    from ..pipeline import TabularModel
    from .blend import Blend


class EnsembleModel(Predictor):
    """Fitted models of the same columns, whose outputs are blended.

    model_name : row of the table of ensembles. members : {name: fitted TabularModel}. blend : with a weight
    for each of them, in their order. strict : see TabularModel.

    It has `schema_`, `n_features_in_`, `feature_names_in_`, and for classification `classes_`: the classes of
    all members, of which one may lack some.
    Raises ValueError where members and blend do not go together.
    """

    def __init__(
        self, model_name: str, members: Mapping[str, TabularModel], blend: Blend, *, strict: bool = False
    ) -> None:
        self.model_name = model_name
        self.members = members
        self.blend = blend
        self.strict = strict
        first = next(iter(members.values()))
        self.family = first.family
        self._require_alike()
        self.schema_, self.n_features_in_ = first.schema_, first.n_features_in_
        self.feature_names_in_ = first.feature_names_in_
        codec = codecs()[self.family]
        self.target_ = codec.of_several([model.target_ for model in members.values()])
        self._require_suiting_blend()

    def _require_alike(self):
        columns = [model.schema_.to_dict() for model in self.members.values()]
        if any(of_one != columns[0] for of_one in columns):
            raise ValueError("the members read different columns")
        if {model.family for model in self.members.values()} != {self.family}:
            raise ValueError("the members are of different families")

    def _require_suiting_blend(self):
        if len(self.blend.weights) != len(self.members):
            raise ValueError(f"{len(self.blend.weights)} weights for {len(self.members)} members")
        n_offsets = len(self.blend.offsets)
        if n_offsets and (not self.target_.has_classes or n_offsets != len(self.classes_)):
            raise ValueError(f"{n_offsets} offsets of classes do not suit the members")
        if not self.target_.has_classes and (self.blend.slopes != 1).any():
            raise ValueError("numbers have no temperature")

    def to_matrix(self, X: pd.DataFrame | ArrayLike) -> np.ndarray:
        """What each member says of raw rows, side by side, shape (n_rows, n_members * n_outputs).

        The rows are read once for all members.
        """
        clean = clean_rows(self.schema_, X, self.n_features_in_, strict=self.strict)
        if not len(clean):
            return np.empty((0, len(self.members) * self._n_outputs))
        return self._side_by_side(
            [model.predict_matrix(model.clean_matrix(clean)) for model in self.members.values()]
        )

    def parts(self) -> list[TabularModel]:
        """The members."""
        return list(self.members.values())

    def combined(self, said: Sequence[np.ndarray]) -> np.ndarray:
        """The blend of what the members say, each in the order of its own classes."""
        return self.predict_matrix(self._side_by_side(said))

    def _side_by_side(self, said):
        aligned = [
            self.target_.aligned(outputs, model.target_)
            for outputs, model in zip(said, self.members.values(), strict=True)
        ]
        return np.column_stack([outputs.reshape(len(outputs), -1) for outputs in aligned])

    @property
    def _n_outputs(self):
        return len(self.classes_) if self.target_.has_classes else 1

    def predict_matrix(self, matrix: np.ndarray) -> np.ndarray:
        """The blend of what members say: probabilities, or numbers."""
        shape = (len(matrix), len(self.members), self._n_outputs)
        outputs = np.asarray(matrix, dtype=float).reshape(shape).swapaxes(0, 1)
        return self.blend.apply(outputs if self.target_.has_classes else outputs[:, :, 0])

    def labels_of(self, matrix: np.ndarray) -> np.ndarray:
        """The most probable classes, or numbers; shape (n_rows,)."""
        outputs = self.predict_matrix(matrix)
        return self.classes_[outputs.argmax(axis=1)] if self.target_.has_classes else outputs

    def __sklearn_is_fitted__(self) -> bool:
        return True
