"""The catalogue: use cases by key, and by words."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from ..errors import UnknownUseCaseError, did_you_mean
from .use_case import UseCase

CATALOGUE = Path(__file__).with_name("use_cases.yaml")


@lru_cache(maxsize=1)
def use_cases() -> dict[str, UseCase]:
    """Return {key: UseCase} of the whole catalogue, in its order.

    >>> len(use_cases())
    64
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where libyaml is there
    rows = yaml.load(CATALOGUE.read_text(encoding="utf-8"), Loader=loader)
    return {key: UseCase(key=key, **row) for key, row in rows.items()}


def departments() -> dict[str, list[UseCase]]:
    """Return {department: its use cases}."""
    found: dict[str, list[UseCase]] = {}
    for case in use_cases().values():
        found.setdefault(case.department, []).append(case)
    return found


def get_use_case(key: str) -> UseCase:
    """Return the use case called `key`. Raises UnknownUseCaseError with the nearest name.

    >>> get_use_case("credit_risk_scoring").target.name
    'default_12m'
    """
    known = use_cases()
    if key not in known:
        raise UnknownUseCaseError(
            f"No use case is called {key!r}.{did_you_mean(key, known)} There are {len(known)}; "
            "`model-development new --list WORDS` searches them.",
            what=f"no use case is called {key!r}",
            allowed=known,
            do="model-development new --list WORDS",
        )
    return known[key]


def search(words: str) -> list[UseCase]:
    """Return the use cases in which all words occur: those in the key first, then in the catalogue's order.

    words : separated by blanks, in small or large letters, or the beginnings of words.

    >>> [case.key for case in search("mortgage")]
    ['loan_prepayment']
    """
    wanted = words.lower().replace("_", " ").split()
    found = [case for case in use_cases().values() if all(word in _text_of(case) for word in wanted)]
    return sorted(found, key=lambda case: not all(word in case.key.replace("_", " ") for word in wanted))


def _text_of(case):
    said = (case.key, case.department, case.question, case.problem_type, case.target.name)
    return " ".join((*said, *case.regulation, *(f.name for f in case.features))).lower().replace("_", " ")
