"""Tensors of the open inference protocol, version 2: one of each column, as JSON or as bytes behind it."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..problems import Problem
from ..strict_json import printable

NUMBERS = {  # datatype of the protocol -> numpy's, of little end
    **{
        f"{sign}INT{bits}": f"<{letter}{bits // 8}"
        for sign, letter in (("", "i"), ("U", "u"))
        for bits in (8, 16, 32, 64)
    },
    **{f"FP{bits}": f"<f{bits // 8}" for bits in (16, 32, 64)},
    "BOOL": "?",
}
TYPES = {  # datatype -> Python's types of its values in JSON; null stands for a missing value in all of them
    **{name: (bool,) if name == "BOOL" else (int,) for name in NUMBERS},
    **{name: (int, float) for name in NUMBERS if name.startswith("FP")},
    "BYTES": (str,),
}
DEEPEST = 2  # lists in each other: a column has the shape [n] or [n, 1]


def rows_of(inputs: Any, binary: bytes = b"") -> list[dict[str, Any]]:
    """Rows of {column: value} of the tensors of a request. binary : what stands behind the JSON.

    Raises Problem for tensors that are none, of which the columns have different lengths.
    """
    if type(inputs) is not list or not inputs or not all(type(tensor) is dict for tensor in inputs):
        raise Problem("invalid_request", "`inputs` must be a list of tensors, one of each column.")
    columns, start = {}, 0
    for tensor in inputs:
        name, size = tensor.get("name"), _binary_size(tensor)
        if type(name) is not str or name in columns:
            raise Problem(
                "invalid_request", "Each tensor of `inputs` needs a `name` of its own: that of a column."
            )
        columns[name] = _values(tensor, binary[start : start + size], size)
        start += size
    if start != len(binary):
        raise Problem("malformed_body", "The bytes behind the JSON are not as many as the tensors say.")
    if len({len(values) for values in columns.values()}) > 1:
        raise Problem("invalid_request", "The tensors have different lengths: give one value a row in each.")
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def tensor(name: str, values: Sequence[Any], width: int = 0) -> dict[str, Any]:
    """A tensor of a response. width : values a row, where they are several."""
    flat = [value for row in values for value in row] if width else list(values)
    shape = [len(values), width] if width else [len(values)]
    return {"name": name, "datatype": datatype_of(flat), "shape": shape, "data": flat}


def datatype_of(values: Sequence[Any]) -> str:
    """The datatype of plain values."""
    kinds = {type(value) for value in values}
    for kind, name in ((bool, "BOOL"), (int, "INT64"), (float, "FP64")):
        if kinds == {kind}:
            return name
    return "BYTES"


def _values(given: Mapping[str, Any], binary: bytes, size: int) -> list[Any]:
    name, datatype, shape = printable(given["name"]), given.get("datatype"), given.get("shape")
    if type(datatype) is not str or datatype not in TYPES:
        raise Problem("invalid_request", f"The `datatype` of {name!r} must be one of: {', '.join(TYPES)}.")
    n_rows = _n_rows(name, shape)
    if size:
        values = _of_bytes(name, datatype, binary)
    else:
        values = list(_flat(name, given.get("data"), DEEPEST))
        allowed = (*TYPES[datatype], type(None))
        if not all(type(value) in allowed for value in values):
            raise Problem("invalid_request", f"The `data` of {name!r} are not all of datatype {datatype}.")
    if len(values) != n_rows:
        raise Problem("invalid_request", f"{name!r} has {len(values)} values, and its shape says {n_rows}.")
    return values


def _n_rows(name, shape):
    is_shape = type(shape) is list and 1 <= len(shape) <= DEEPEST and all(type(n) is int for n in shape)
    if not is_shape or min(shape) < 0 or shape[1:] not in ([], [1]):
        said = f"The `shape` of {name!r} must be [n] or [n, 1]: each column is a tensor of its own."
        raise Problem("invalid_request", said)
    return shape[0]


def _flat(name: str, data: Any, depth: int) -> Iterator[Any]:
    if type(data) is not list or depth == 0:
        raise Problem("invalid_request", f"The `data` of {name!r} must be a list as its shape says.")
    for value in data:
        if type(value) is list:
            yield from _flat(name, value, depth - 1)
        else:
            yield value


def _binary_size(given):
    parameters = given.get("parameters") or {}
    size = parameters.get("binary_data_size", 0) if type(parameters) is dict else None
    if type(size) is not int or size < 0:
        raise Problem("invalid_request", "`parameters.binary_data_size` must be a number of bytes.")
    return size


def _of_bytes(name: str, datatype: str, binary: bytes) -> list[Any]:
    """Values as the protocol's binary extension has them; NaN is a missing value."""
    try:
        if datatype == "BYTES":
            return list(_texts(binary))
        values = np.frombuffer(binary, dtype=NUMBERS[datatype]).tolist()
    except (ValueError, struct.error):
        raise Problem("malformed_body", f"The bytes of {name!r} are no {datatype} values.") from None
    return [None if value != value else value for value in values]


def _texts(binary):
    """Each with its length before it. Raises ValueError or struct.error for others."""
    start = 0
    while start < len(binary):
        (length,) = struct.unpack_from("<I", binary, start)
        start += 4
        if start + length > len(binary):
            raise ValueError("a text ends behind the bytes")
        yield binary[start : start + length].decode("utf-8")
        start += length
