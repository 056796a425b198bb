"""Serve a saved model as a process: served_process.py FOLDER PORT; settings come from the environment.

Told to stop, it says which of the libraries that no service needs were loaded.
"""

import signal
import sys
from pathlib import Path

HEAVY = {"mlflow", "matplotlib", "optuna", "torch", "tensorflow", "keras", "shap", "IPython", "skrub"}


def main(folder, port):
    import uvicorn

    from model_development.serving.package.opening import ServedPackage
    from model_development.serving.served_model import ServedModel
    from model_development.serving.service.application import make_app

    app = make_app(ServedPackage(Path(folder), "tiny", "7", ServedModel.load(folder), {}))
    uvicorn.run(app, port=int(port), access_log=False, log_level="warning")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        main(*sys.argv[1:])
    finally:
        print("loaded:", *sorted(HEAVY & set(sys.modules)))
