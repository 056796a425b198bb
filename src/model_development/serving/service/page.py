"""The page of the routes as HTML that stands alone: no script, style or font comes from elsewhere."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from .body import JSON
from .examples import described_columns, example_row
from .problems import PROBLEMS

if TYPE_CHECKING:
    from .answering import Answering

CODE = re.compile("`([^`]+)`")  # in the text of a route
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
body { color: #1f2933; } h1 { margin-bottom: 0; } h3 { margin: 1.4rem 0 .2rem; }
h2 { margin-top: 2.2rem; border-bottom: 1px solid #d5dbe1; }
table { border-collapse: collapse; width: 100%; } th { white-space: nowrap; text-align: left; }
th, td { padding: .3rem .6rem; vertical-align: top; border-bottom: 1px solid #e4e8ec; }
td { overflow-wrap: anywhere; } td:first-child { min-width: 4.8rem; }
td:nth-child(2) { overflow-wrap: normal; } pre, textarea, code { font: 13px/1.45 ui-monospace, monospace; }
pre { background: #f4f6f8; padding: .6rem .8rem; overflow-x: auto; border-radius: 4px; }
textarea { width: 100%; box-sizing: border-box; } .muted { color: #5b6874; }
.method { display: inline-block; min-width: 3.2rem; font-weight: 600; color: #0b5cad; }
button { padding: .3rem 1rem; }
"""
SCRIPT = """
document.getElementById("send").onclick = async () => {
  const headers = {"Content-Type": "application/json"}, key = document.getElementById("key").value;
  if (key) headers["X-API-Key"] = key;
  const shown = document.getElementById("answer");
  try {
    const body = document.getElementById("row").value;
    const answer = await fetch("predict", {method: "POST", headers, body});
    const text = await answer.text();
    shown.textContent = answer.status + "\\n" + JSON.stringify(JSON.parse(text), null, 2);
  } catch (error) { shown.textContent = String(error); }
};
"""


def page_of(openapi: Mapping[str, Any], answering: Answering) -> str:
    """Return the page. openapi : the description of the routes, see FastAPI."""
    package = answering.package
    example = json.dumps(example_row(answering.inputs, package.reference), indent=2, ensure_ascii=False)
    info = openapi["info"]
    parts = [
        f"<h1>{escape(info['title'])}</h1><p class='muted'>version {escape(info['version'])}</p>",
        "".join(f"<p>{escape(sentence)}</p>" for sentence in package.policy),
        "<h2>Try it</h2><p>POST /predict takes one object of column: value.</p>",
        f"<textarea id='row' rows='12' spellcheck='false'>{escape(example)}</textarea>",
        "<p><button id='send'>Send</button> ",
        "<input id='key' placeholder='X-API-Key, where one is needed' size='40'></p>",
        "<pre id='answer'>The answer comes here.</pre>",
        "<h2>Columns</h2>",
        _table(("column", "kind", "types", "values"), _column_cells(answering)),
        "<h2>Routes</h2>",
        *_routes(openapi),
        "<h2>Problems</h2><p>Every error is <code>application/problem+json</code>.</p>",
        _table(("status", "problem", "title"), _problem_cells()),
    ]
    title = f"<title>{escape(info['title'])}</title><style>{STYLE}</style>"
    head = f"<head><meta charset='utf-8'><meta name='viewport' content='width=device-width'>{title}</head>"
    body = f"<body>{''.join(parts)}<script>{SCRIPT}</script></body>"
    return f"<!doctype html><html lang='en'>{head}{body}</html>"


def _table(head: Sequence[str], rows: Iterator[Sequence[str]]) -> str:
    """Cells are HTML already."""
    names = "".join(f"<th>{name}</th>" for name in head)
    lines = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{names}</tr>{lines}</table>"


def _column_cells(answering):
    for column in described_columns(answering.inputs, answering.package.reference):
        levels = column.get("levels", ())
        more = f" and {len(levels) - 20} more" if len(levels) > 20 else ""
        said = [
            ", ".join(levels[:20]) + more,
            " to ".join(f"{end:g}" if type(end) is float else str(end) for end in column.get("range", ())),
            column.get("unit", ""),
            f"not used: {column['reason']}" if "reason" in column else "",
        ]
        cells = (column["name"], column["kind"], ", ".join(column["types"]), "; ".join(filter(None, said)))
        yield tuple(map(escape, cells))


def _routes(openapi):
    for path, methods in openapi["paths"].items():
        for method, operation in methods.items():
            for part in operation.get("parameters", ()):
                path = path.replace(f"{{{part['name']}}}", quote(part["schema"]["enum"][0], safe=""))
            yield f"<h3><span class='method'>{method.upper()}</span> {escape(path)}</h3>"
            said = escape(operation.get("description", operation.get("summary", "")))
            yield "<p>" + CODE.sub(r"<code>\1</code>", said) + "</p>"
            content = operation.get("requestBody", {}).get("content", {})
            yield f"<pre>{escape(_curl(method, path, content))}</pre>"


def _curl(method, path, content):
    address = f"$URL{path}"
    if method == "get":
        return f"curl {address}"
    example = json.dumps(content[JSON]["example"], ensure_ascii=False)
    return f"curl {address} -H 'Content-Type: {JSON}' \\\n  -d {shlex.quote(example)}"


def _problem_cells():
    for name, kind in PROBLEMS.items():
        yield f"{kind.status}", f"<span id='{name}'>{name}</span>", escape(kind.title)
