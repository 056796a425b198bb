"""The JSON schemas in .claude/contracts, and whether something is as they say."""

import json
import re

from conftest import ROOT

from model_development.reports.notebook_format import import_nbformat

import_nbformat()  # takes jsonschema along without what nobody asks for here, which costs two seconds
import jsonschema  # noqa: E402


def schema(contract, heading):
    text = (ROOT / ".claude/contracts" / contract).read_text(encoding="utf-8")
    (section,) = [part for part in text.split("\n## ")[1:] if part.startswith(f"{heading}\n")]
    return json.loads(re.search(r"```json\n(.*?)```", section, re.DOTALL)[1])


def holds(content, contract, heading):
    found = schema(contract, heading)
    jsonschema.Draft202012Validator.check_schema(found)
    jsonschema.validate(content, found)
