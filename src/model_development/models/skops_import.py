"""skops without PyTorch.

skops imports all of scikit-learn, whose array API imports PyTorch: 1.5 s that no one needs, and threads of
its own in the process that workers are forked from.
"""

import sys


class _NoTorch:
    """A finder of modules in whose eyes there is no PyTorch; scikit-learn expects that."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "torch":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, _NoTorch)
try:
    from skops import io
    from skops.io import exceptions
finally:
    sys.meta_path.remove(_NoTorch)

__all__ = ["exceptions", "io"]
