"""The public door: everything that notebooks and scripts import, and nothing else.

Names are imported on first use, so that `import model_development.model_utils` costs next to nothing.
"""

from importlib import import_module

_HOME = {
    "TemplateError": "errors",
    "UnreadableColumnWarning": "errors",
    "beats_dummy": "phases.training.results",
    "check_data": "phases.data_report",
    "checks_table": "phases.data_report",
    "choose_best": "phases.training.results",
    "compact": "reports.notebook",
    "compare": "phases.training.comparison",
    "conclusion": "phases.training.report",
    "comparison_figure": "phases.training.charts",
    "course_figure": "phases.tuning.finished_search",
    "data_profile": "phases.data_report",
    "coefficients": "phases.training.coefficients",
    "detect_gpu": "phases.gpu",
    "finish_training": "phases.training.phase",
    "history_figure": "phases.training.charts",
    "latency_figure": "phases.training.charts",
    "impact_figure": "phases.tuning.finished_search",
    "leaderboard": "phases.training.results",
    "load_model": "tracking.loading",
    "log_standardized_metrics": "phases.training.recording",
    "model_names": "models.table",
    "parallel_figure": "phases.tuning.finished_search",
    "prediction_figure": "phases.training.charts",
    "read_parameters": "phases.opening",
    "read_search": "phases.tuning.finished_search",
    "save_model": "storage.model_folder",
    "search_overview": "phases.tuning.finished_search",
    "search_table": "phases.tuning.finished_search",
    "start_training": "phases.training.phase",
    "top_figure": "phases.tuning.finished_search",
    "trade_off_figure": "phases.tuning.finished_search",
    "train_all": "phases.training.phase",
    "train_dummy": "phases.training.phase",
    "train_framework": "phases.training.phase",
    "train_lightgbm": "phases.training.phase",
    "train_pytorch": "phases.training.phase",
    "train_sklearn": "phases.training.phase",
    "train_statsmodels": "phases.training.phase",
    "train_tensorflow": "phases.training.phase",
    "train_xgboost": "phases.training.phase",
    "tune_best_model": "phases.tuning.phase",
    "tuning_summary": "phases.tuning.report",
    "versions": "execution.hardware",
}

__all__ = list(_HOME)


def __getattr__(name):
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"model_development.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__():
    return sorted(set(globals()) | set(_HOME))
