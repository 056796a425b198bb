"""What a run writes never lands where git keeps files: it would show up as a change of the repository."""

import subprocess
from pathlib import Path

from ..errors import ArtifactsError

TIMEOUT_S = 20
N_NAMED = 3


def require_untracked(*places: Path | str) -> None:
    """Raise ArtifactsError where git tracks a file that is one of these places, or lies in one.

    Without git, or outside a repository, nothing is tracked.
    """
    tracked = [name for place in places for name in _tracked(Path(place))]
    if tracked:
        more = f" and {len(tracked) - N_NAMED} more" if len(tracked) > N_NAMED else ""
        raise ArtifactsError(
            f"A run writes to {places[0]}, and git tracks files there: {', '.join(tracked[:N_NAMED])}{more}. "
            "Set ARTIFACTS_DIR to another folder, or let git forget them: git rm -r --cached, and add the "
            "folder to .gitignore."
        )


def _tracked(place):
    """Files that git tracks at a place, as paths in their repository; the place need not exist."""
    above = next(folder for folder in place.parents if folder.is_dir())
    if not any((folder / ".git").exists() for folder in (above, *above.parents)):
        return []
    command = [
        "git",
        "-C",
        str(above),
        "--literal-pathspecs",
        "ls-files",
        "-z",
        "--full-name",
        "--",
        str(place),
    ]
    try:
        done = subprocess.run(command, capture_output=True, timeout=TIMEOUT_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    return [name for name in done.stdout.decode(errors="replace").split("\0") if name]
