"""The MCP server: TOOLS, and a project's documents as resources, over standard input and output."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from ..cli.results import files_of, folder_of
from ..errors import ArtifactsError, TemplateError
from ..storage import files as artifacts
from .short_answers import short_answer
from .table import TOOLS

INSTRUCTIONS = """Train every framework alike on one table, pick the best, tune it, evaluate it once.
A project is a context file (pipeline_context.json). Order: list_use_cases or the user's own table ->
new_project -> check_data -> start_run (or start_training, start_tuning) -> read_job until it has ended ->
leaderboard, why_this_model -> start_evaluation only when the user wants the final figures -> start_packaging,
promote_model. Long work is a job: it goes on when this server ends. Report only numbers that an answer holds,
with file and key. Do not call a model better than one that is named as not significantly different. Name the
warnings."""
DOCUMENTS = {"model_card": artifacts.MODEL_CARD, "registry_entry": artifacts.REGISTRY_ENTRY}
LONGEST_DOCUMENT = 60_000  # characters


def make_server() -> Any:
    """Return the server. Raises ArtifactsError where the package `mcp` is missing."""
    try:
        from mcp.server.mcpserver import MCPServer
        from mcp.types import ToolAnnotations
    except ImportError as error:
        raise ArtifactsError(
            f"{error}. The server for assistants needs a package: pip install 'model-development[mcp]'",
            do="pip install 'model-development[mcp]'",
        ) from error
    server = MCPServer("model-development", instructions=INSTRUCTIONS)
    for tool in TOOLS.values():
        server.add_tool(
            answering(tool.run),
            name=tool.name,
            annotations=ToolAnnotations(read_only_hint=tool.is_reading, open_world_hint=False),
        )
    server.resource("project://{context}/{document}", description=read_document.__doc__)(read_document)
    return server


def answering(run: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """A tool that answers bad input as an object with what is wrong and what to do, and never at length."""

    @wraps(run)
    def answer(*arguments: Any, **named: Any) -> dict[str, Any]:
        try:
            return short_answer(run(*arguments, **named))
        except TemplateError as error:
            return {"exit_code": 2} | error.describe()

    return answer


def read_document(context: str, document: str) -> str:
    """A document of a project: "model_card", "registry_entry", or "files" for the paths of all reports.

    context: path of the context file, percent-encoded.
    """
    from urllib.parse import unquote

    folder = folder_of(unquote(context))
    if document == "files":
        return "\n".join(f"{name}: {path}" for name, path in files_of(folder).items())
    if document not in DOCUMENTS:
        raise ArtifactsError(f"No document is called {document!r}. Known: files, {', '.join(DOCUMENTS)}.")
    path = Path(folder / DOCUMENTS[document])
    if not path.is_file():
        raise ArtifactsError(f"{path} does not exist yet: the phase that writes it has not been run.")
    return path.read_text(encoding="utf-8")[:LONGEST_DOCUMENT]


def serve() -> None:
    """Answer an assistant until it goes away."""
    make_server().run("stdio")
