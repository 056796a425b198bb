"""From what stands in a JSON file to the dataclass that says what must stand there."""

from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

T = TypeVar("T")


def typed(kind: type[T], content: Any) -> T:
    """Return `content` as a dataclass, or a list of them; keys that it has no field for are left out.

    Raises ValueError, which names every field that is missing or holds something else.
    """
    try:
        return TypeAdapter(kind).validate_python(content)
    except ValidationError as error:
        wrong = [f"`{'.'.join(map(str, one['loc']))}`: {one['msg']}" for one in error.errors()]
        raise ValueError("; ".join(wrong)) from None
