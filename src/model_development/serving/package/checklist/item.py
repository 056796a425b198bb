"""What an item of the checklist asks, gets and says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ....storage import files

if TYPE_CHECKING:
    import pandas as pd

    from ....predictor import Predictor
    from .fresh_process import FreshProcess
    from .service_run import ServiceRun

Status = Literal["pass", "fail", "not_run"]


@dataclass(frozen=True)
class ChecklistResult:
    """evidence : what was seen, with its figures, in sentences. figures : these as numbers. file : in the
    package, that shows it."""

    status: Status
    evidence: str
    figures: Mapping[str, float] = field(default_factory=dict)
    file: str = ""


@dataclass(frozen=True)
class Item:
    """A row of CHECKLIST. function : tries it."""

    name: str
    question: str
    function: Callable[[PackageAtTest], ChecklistResult]


@dataclass(frozen=True, eq=False)
class PackageAtTest:
    """A package, and what is found by running it, once for all items.

    table : raw rows that must not be in it; None where they are not at hand. may_share : does the user allow
    rows of the table in it? report : what the gate said of the model; None where it has not been asked.
    """

    folder: Path
    table: pd.DataFrame | None = None
    may_share: bool = False
    report: Mapping[str, Any] | None = None

    @cached_property
    def model(self) -> Predictor:
        """The model of the package as this process loads it, without the code of services."""
        from ....storage.model_folder import load_folder

        return load_folder(self.folder / files.PACKAGE_MODEL)

    @cached_property
    def metadata(self) -> dict[str, Any]:
        return self.read(files.PACKAGE_METADATA)

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The examples of tests/test_data/."""
        return self.read("tests/test_data/rows.json")["rows"]

    @cached_property
    def raw_rows(self) -> pd.DataFrame:
        """The same as a table."""
        import pandas as pd

        names = list(dict.fromkeys([*self.model.schema_.names(), *self.rows[0]]))
        return pd.DataFrame(self.rows, columns=names, dtype=object)

    @cached_property
    def fresh(self) -> FreshProcess:
        """What a process says that knows nothing but the package."""
        from .fresh_process import ask_fresh_process

        return ask_fresh_process(self.folder)

    @cached_property
    def service(self) -> ServiceRun:
        """What a service of the package answered, and what it took."""
        from .service_run import run_service

        return run_service(self.folder, self.rows)

    def read(self, name: str) -> dict[str, Any]:
        """A JSON file of the package."""
        return files.read_json(self.folder / name, produced_by="model-development package")
