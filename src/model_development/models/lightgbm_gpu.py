"""Can LightGBM use a GPU here?"""

import io
from contextlib import redirect_stdout
from functools import lru_cache


@lru_cache
def gpu_works() -> bool:
    """The package on PyPI has OpenCL alone, and raises where it finds no OpenCL device.

    A CPU can be one too, and passes for a GPU: so the maker's name is asked for.
    """
    import lightgbm
    import numpy as np

    X, said = np.arange(40.0).reshape(20, 2), io.StringIO()
    params = {"device_type": "gpu", "verbose": 1}
    try:
        with redirect_stdout(said):  # where LightGBM's logger writes
            lightgbm.train(params, lightgbm.Dataset(X, X[:, 0]), num_boost_round=1)
    except lightgbm.basic.LightGBMError:
        return False
    return "NVIDIA" in said.getvalue()
