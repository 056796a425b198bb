"""Completion of words in a shell, written from the table of commands."""

from __future__ import annotations

from argparse import _SubParsersAction
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from .command import Command, CommandResult
from .flags import PROGRAM, Parser, complete

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def flags_of(command: Command) -> dict[str, str]:
    """Return {flag: its help} of a command, long names alone; with those of commands within it.

    >>> from .table import COMMANDS
    >>> "--timeout" in flags_of(COMMANDS["tune"])
    True
    """
    parser = Parser(prog=command.name)
    complete(parser, command)
    found, parsers = {}, [parser]
    while parsers:
        current = parsers.pop()
        for action in current._actions:
            if isinstance(action, _SubParsersAction):
                parsers += action.choices.values()
            help_text = (action.help or "").replace("%%", "%").split(";")[0]
            found |= {flag: help_text for flag in action.option_strings if flag.startswith("--")}
    return found


def _bash(commands):
    cases = "\n".join(
        f'    {name}) words="{" ".join(flags_of(command))}" ;;' for name, command in commands.items()
    )
    return f"""# {PROGRAM}: eval "$({PROGRAM} completion bash)"
_model_development() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "{" ".join(commands)}" -- "$current"))
    return
  fi
  case "${{COMP_WORDS[1]}}" in
{cases}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o default -F _model_development {PROGRAM}
"""


def _zsh(commands):
    names = "\n".join(f"    {_quoted(f'{name}:{command.help}')}" for name, command in commands.items())
    cases = "\n".join(
        f"    {name}) words=({' '.join(_quoted(f'{flag}:{text}') for flag, text in flags_of(c).items())}) ;;"
        for name, c in commands.items()
    )
    return f"""#compdef {PROGRAM}
# {PROGRAM}: source <({PROGRAM} completion zsh)
_model_development() {{
  local -a commands flags
  commands=(
{names}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  case "$words[2]" in
{cases.replace("words=(", "flags=(")}
  esac
  _describe flag flags
  _files
}}
compdef _model_development {PROGRAM}
"""


def _fish(commands):
    lines = [f"# {PROGRAM}: {PROGRAM} completion fish | source"]
    for name, command in commands.items():
        lines.append(
            f"complete -c {PROGRAM} -n __fish_use_subcommand -f -a {name} -d {_quoted(command.help)}"
        )
        for flag, text in flags_of(command).items():
            only = f"'__fish_seen_subcommand_from {name}'"
            lines.append(f"complete -c {PROGRAM} -n {only} -l {flag[2:]} -d {_quoted(text)}")
    return "\n".join(lines) + "\n"


def _quoted(text):
    return "'" + " ".join(text.split()).replace("'", "’") + "'"


SHELLS: dict[str, Callable[[Mapping[str, Command]], str]] = {"bash": _bash, "zsh": _zsh, "fish": _fish}


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("shell", choices=SHELLS, help="the shell to write for")


def run(options: Namespace) -> CommandResult:
    from .table import COMMANDS

    text = SHELLS[options.shell](COMMANDS)
    print(text, end="")
    return CommandResult(0, {"shell": options.shell, "script": text})


COMPLETION = Command(
    name="completion",
    help="completion of commands and flags for a shell",
    description="Print what lets a shell complete commands and flags. Nothing is installed or changed.",
    add_arguments=add_arguments,
    run=run,
    examples=(
        f'eval "$({PROGRAM} completion bash)"',
        f"source <({PROGRAM} completion zsh)",
        f"{PROGRAM} completion fish | source",
    ),
)
