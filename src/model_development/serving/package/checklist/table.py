"""The deployment checklist. Adding an item is one function and one row here."""

from __future__ import annotations

from . import of_files, of_model, of_service
from .item import Item

CHECKLIST = (
    Item("checksums", "Is every file as it was written?", of_files.sums_hold),
    Item(
        "loads_alone", "Does the model load in a fresh process, from the package alone?", of_model.loads_alone
    ),
    Item("equal_answers", "Are answers equal to those of the model itself?", of_model.answers_are_equal),
    Item("row_plan", "Is the quick way of answering one row proven equal?", of_model.row_plan_is_equal),
    Item("schema", "Are the columns described, as the model reads them?", of_model.schema_is_there),
    Item("decision_policy", "Is the decision policy obeyed?", of_model.policy_is_obeyed),
    Item(
        "edge_cases",
        "Is awkward input answered or refused, without a crash?",
        of_service.edge_cases_are_answered,
    ),
    Item("own_tests", "Do the tests of the package pass?", of_service.own_tests_pass),
    Item("latency", "Is one row answered quickly?", of_service.is_quick),
    Item("memory_and_size", "Are memory and size within limits?", of_service.is_small),
    Item("packages", "Are all packages pinned, and none forgotten?", of_service.packages_are_pinned),
    Item("no_pickle", "Is the package free of pickle?", of_files.holds_no_pickle),
    Item("no_raw_rows", "Is the package free of rows of the table?", of_files.holds_no_raw_rows),
    Item("monitoring", "Do rules and dashboard ask for metrics that there are?", of_files.metrics_are_known),
    Item("documents", "Are model card, calling and rollback described?", of_files.documents_are_whole),
    Item("gate", "Has the model passed the gate?", of_model.gate_was_passed),
)
