"""Seconds that both phases keep for what comes after their fits."""

SECONDS_TO_FINISH = 9.0  # of phase 1: for charts, files, the summary, and the end of the notebook
SECONDS_TO_HAND_OVER = 3.0  # of phase 2: for charts, files, MLflow, the registry
SECONDS_FOR_ENSEMBLE = 6.0  # to load its members, with their libraries, and measure it
WORTHWHILE = 2.0  # seconds, below which nothing more is begun with what is left
