"""Documents name commands and flags that exist, and the reference is that of the table."""

import re
import shlex

import pytest
from conftest import ROOT

from model_development.cli.completion import flags_of
from model_development.cli.reference import DOCUMENT, MARK, reference
from model_development.cli.table import COMMANDS
from model_development.metrics.aliases import ALIASES
from model_development.metrics.table import METRICS

DOCUMENTS = sorted([ROOT / "README.md", ROOT / "AGENTS.md", *(ROOT / "docs").glob("*.md")])
WRITTEN = re.compile(r"(?:^ {4,}|^|`|\s)(?:\.venv/bin/)?model-development ([a-z]+)([^`\n#|]*)", re.MULTILINE)


def test_the_reference_of_commands_is_written_from_their_table():
    written = DOCUMENT.read_text(encoding="utf-8").partition(MARK)[2].strip()
    assert written == reference().strip(), "run: python -m model_development.cli.reference"


def wrong(text):
    """Commands and flags in a text that are none."""
    for name, rest in WRITTEN.findall(text):
        if name not in COMMANDS:
            yield name
            continue
        known = flags_of(COMMANDS[name])
        yield from (flag for flag in re.findall(r"(?<!\S)--[a-z][a-z-]*", rest) if flag not in known)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_documents_name_commands_and_flags_that_exist(path):
    assert list(wrong(path.read_text(encoding="utf-8"))) == []


def test_a_command_that_is_none_is_found():
    assert list(wrong("`model-development tran`, `model-development tune --tiemout 3`")) == [
        "tran",
        "--tiemout",
    ]


@pytest.mark.whole
def test_examples_parse(capsys):
    from model_development.cli.flags import program_parser

    for name, command in COMMANDS.items():
        for line in command.examples:
            words = shlex.split(
                line.split(" | ")[0].removeprefix('eval "$(').removeprefix("source <(").rstrip(')"')
            )
            assert words[0] == "model-development"
            options = program_parser(COMMANDS).parse_strictly(words[1:])
            assert options.command == name


def test_other_names_of_metrics_lead_to_ours():
    assert set(ALIASES.values()) <= set(METRICS)
    assert not set(ALIASES) & set(METRICS)
