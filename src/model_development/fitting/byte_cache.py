"""A cache that is bounded by what it holds, since a fold may be a kilobyte or a gigabyte."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any


class ByteCache:
    """Values by key; where together they take more than `limit` bytes, those used longest ago go first.

    The newest stays, however large it is.

    >>> cache = ByteCache(limit=10)
    >>> [cache.get(key, lambda: key.upper(), lambda value: 6) for key in "aab"], cache.size
    (['A', 'A', 'B'], 6)
    """

    def __init__(self, limit: float) -> None:
        self.limit, self.size = limit, 0
        self._kept = OrderedDict()  # key -> (value, bytes), the one used last at the end

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Hashable, make: Callable[[], Any], bytes_of: Callable[[Any], int]) -> Any:
        """Return the value of a key; where there is none, that of `make()`, which takes `bytes_of(value)`."""
        if key not in self._kept:
            value = make()
            self._kept[key] = value, bytes_of(value)
            self.size += self._kept[key][1]
        self._kept.move_to_end(key)
        self._make_room()
        return self._kept[key][0]

    def _make_room(self):
        while self.size > self.limit and len(self._kept) > 1:
            _, (_, size) = self._kept.popitem(last=False)
            self.size -= size
