"""Prompts for assistants name commands, files and tools that exist; contracts are those of the code."""

import json
import re
import shlex
from functools import cache
from pathlib import Path

import pytest
import yaml
from conftest import ROOT
from contract_schemas import holds, schema

from model_development.agents.table import TOOLS
from model_development.cli.flags import program_parser
from model_development.cli.table import COMMANDS
from model_development.promotion.entry import RegistryEntry
from model_development.promotion.gate_line import GateLine
from model_development.promotion.report import ValidationReport
from model_development.row_plan.answer import Answer

PROMPTS = sorted([*ROOT.glob(".claude/agents/*.md"), *ROOT.glob(".claude/skills/*/SKILL.md")])
DOCUMENTS = [*PROMPTS, ROOT / "AGENTS.md", *sorted(ROOT.glob(".claude/contracts/*.md"))]


def front_matter(path):
    head = path.read_text(encoding="utf-8").split("---\n")
    assert head[0] == "", path
    return yaml.safe_load(head[1])


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


@cache
def of_sources():
    """(paths below src, a line each; the text of all Python files there)."""
    paths = [path for path in (ROOT / "src").rglob("*") if path.is_file()]
    code = "\n".join(path.read_text(encoding="utf-8") for path in paths if path.suffix == ".py")
    return "".join(f"{path.as_posix()}\n" for path in paths), code


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_files_that_are_named_are_in_the_checkout_or_are_written_by_a_run(path):
    from model_development.storage import files

    written = {value for value in vars(files).values() if isinstance(value, str)}
    sources, code = of_sources()
    for name in re.findall(r"`([\w./-]+\.(?:json|jsonl|yaml|md|csv|html|py|parquet|txt))`", path.read_text()):
        exists = (ROOT / name).exists() or any(ROOT.glob(name)) or f"/{name}\n" in sources
        exists = exists or (ROOT / Path(name).name).exists()
        assert exists or Path(name).name in written or f'"{name}"' in code, name


def test_the_server_that_is_configured_starts():
    server = json.loads((ROOT / ".mcp.json").read_text(encoding="utf-8"))["mcpServers"]["model-development"]
    assert server["args"] == ["-m", "model_development.agents"]


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
