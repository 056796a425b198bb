"""What boosting libraries make of a matrix before they grow trees, made once for all fits on it."""

import weakref


class BinnedOnce:
    """Datasets of a library by the matrix of which they were made, kept as long as that lives."""

    def __init__(self):
        self._kept = {}

    def get(self, X, key, make):
        """Return what `make()` gave for this very matrix and this key, which all else must stand in."""
        key = (id(X), *key)
        if key not in self._kept:
            self._kept[key] = make()
            weakref.finalize(X, self._kept.pop, key, None)
        return self._kept[key]
