"""Prompts for assistants name commands, files and tools that exist; contracts hold of what is written."""

import json
import re
import shlex
from pathlib import Path

import jsonschema
import pytest
import yaml

from model_development.agents.table import TOOLS
from model_development.cli.flags import program_parser
from model_development.cli.table import COMMANDS
from model_development.promotion.entry import RegistryEntry
from model_development.promotion.gate_line import GateLine
from model_development.promotion.report import ValidationReport
from model_development.row_plan.answer import Answer

ROOT = Path(__file__).resolve().parents[2]
PROMPTS = sorted([*ROOT.glob(".claude/agents/*.md"), *ROOT.glob(".claude/skills/*/SKILL.md")])
DOCUMENTS = [*PROMPTS, ROOT / "AGENTS.md", *sorted(ROOT.glob(".claude/contracts/*.md"))]


def front_matter(path):
    head = path.read_text(encoding="utf-8").split("---\n")
    assert head[0] == "", path
    return yaml.safe_load(head[1])


def schema(contract, heading):
    text = (ROOT / ".claude/contracts" / contract).read_text(encoding="utf-8")
    (section,) = [part for part in text.split("\n## ")[1:] if part.startswith(f"{heading}\n")]
    return json.loads(re.search(r"```json\n(.*?)```", section, re.DOTALL)[1])


def holds(content, contract, heading):
    found = schema(contract, heading)
    jsonschema.Draft202012Validator.check_schema(found)
    jsonschema.validate(content, found)


@pytest.mark.parametrize("path", PROMPTS, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_front_matter_is_read(path):
    head = front_matter(path)
    name = path.parent.name if path.name == "SKILL.md" else path.stem
    assert head["name"] == name
    assert len(head["description"]) > 20
    for tool in re.findall(r"mcp__model-development__(\w+)", str(head.get("tools", ""))):
        assert tool in TOOLS


def test_only_a_person_promotes_and_rolls_back():
    guarded = {p.parent.name for p in PROMPTS if front_matter(p).get("disable-model-invocation")}
    assert guarded == {"promote", "rollback"}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_every_command_that_is_named_can_be_parsed(path):
    text = path.read_text(encoding="utf-8")
    lines = re.findall(r"model-development ((?:%s) [^`\n]*|(?:%s)(?=`))" % (("|".join(COMMANDS),) * 2), text)
    for line in lines:
        program_parser(COMMANDS).parse_strictly(shlex.split(line, comments=True))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_files_that_are_named_are_in_the_checkout_or_are_written_by_a_run(path):
    from model_development.storage import files

    written = {value for value in vars(files).values() if isinstance(value, str)}
    code = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "src").rglob("*.py"))
    for name in re.findall(r"`([\w./-]+\.(?:json|jsonl|yaml|md|csv|html|py|parquet|txt))`", path.read_text()):
        exists = (ROOT / name).exists() or any(ROOT.glob(name)) or any((ROOT / "src").rglob(name))
        exists = exists or (ROOT / Path(name).name).exists()
        assert exists or Path(name).name in written or f'"{name}"' in code, name


def test_the_server_that_is_configured_starts():
    server = json.loads((ROOT / ".mcp.json").read_text(encoding="utf-8"))["mcpServers"]["model-development"]
    assert server["args"] == ["-m", "model_development.agents"]


@pytest.mark.whole
def test_contracts_hold_of_a_finished_project(finished):
    context, folder = finished.after, finished.artifacts
    holds(context, "data-contracts.md", "pipeline_context.json")
    holds(context["epoch_005_outputs"], "model-contracts.md", "epoch_005_outputs")
    for name in ("data_contract.yaml", "data_checks.json"):
        holds(yaml.safe_load((folder / name).read_text(encoding="utf-8")), "data-contracts.md", name)
    for name in ("best_model_info.json", "tuned_model_info.json", "handoff.yaml"):
        holds(yaml.safe_load((folder / name).read_text(encoding="utf-8")), "model-contracts.md", name)
    handed = yaml.safe_load((folder / "handoff.yaml").read_text(encoding="utf-8"))
    assert (
        handed["on_validation_rows"]["final_metric_value"]
        == context["epoch_005_outputs"]["final_metric_value"]
    )
    assert handed["on_test_rows"] is None
    for receiver in handed["to"].values():
        for line in receiver["run"]:
            program_parser(COMMANDS).parse_strictly(shlex.split(line)[1:])


def test_contracts_of_shipping_are_those_of_the_code():
    def fields(cls):
        return set(cls.__dataclass_fields__)

    assert set(schema("mlops-contracts.md", "model_registry_entry.json")["required"]) <= fields(RegistryEntry)
    report = schema("mlops-contracts.md", "validation_report.json")
    assert set(report["required"]) - {"gates"} <= fields(ValidationReport)
    assert set(report["properties"]["gates"]["items"]["required"]) <= fields(GateLine)
    for answer in (
        Answer("yes", {"no": 0.25, "yes": 0.75}, decision="no", warnings=("x is missing",)),
        Answer(3.5, interval=(1.0, 4.5)),
        Answer(True),
    ):
        holds(answer.to_dict(), "mlops-contracts.md", "POST /predict")
