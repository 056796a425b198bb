"""Can LightGBM use a GPU here?"""


def gpu_works() -> bool:
    """The package on PyPI has OpenCL alone, and raises where it finds no OpenCL device."""
    import lightgbm
    import numpy as np

    X = np.arange(40.0).reshape(20, 2)
    try:
        data = lightgbm.Dataset(X, X[:, 0], params={"verbose": -1})
        lightgbm.train({"device_type": "gpu", "verbose": -1}, data, num_boost_round=1)
    except lightgbm.basic.LightGBMError:
        return False
    return True
