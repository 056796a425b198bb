"""The JSON schemas in .claude/contracts, and whether something is as they say."""

import json
import re

import jsonschema
from conftest import ROOT


def schema(contract, heading):
    text = (ROOT / ".claude/contracts" / contract).read_text(encoding="utf-8")
    (section,) = [part for part in text.split("\n## ")[1:] if part.startswith(f"{heading}\n")]
    return json.loads(re.search(r"```json\n(.*?)```", section, re.DOTALL)[1])


def holds(content, contract, heading):
    found = schema(contract, heading)
    jsonschema.Draft202012Validator.check_schema(found)
    jsonschema.validate(content, found)
