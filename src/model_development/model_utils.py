"""The public door: everything that notebooks and scripts import, and nothing else.

Names are imported on first use, so that `import model_development.model_utils` costs next to nothing.
"""

from importlib import import_module

_HOME = {
    "TemplateError": "errors",
    "beats_floor": "phases.results",
    "check_data": "phases.data_report",
    "checks_table": "phases.data_report",
    "choose_best": "phases.results",
    "compact": "reports.notebook",
    "compare": "phases.comparison",
    "conclusion": "phases.training_report",
    "comparison_figure": "phases.figures",
    "course_figure": "phases.finished_search",
    "data_profile": "phases.data_report",
    "coefficients": "phases.coefficients",
    "detect_gpu": "phases.gpu",
    "finish_training": "phases.training",
    "history_figure": "phases.figures",
    "latency_figure": "phases.figures",
    "impact_figure": "phases.finished_search",
    "leaderboard": "phases.results",
    "load_model": "handover.loading",
    "log_standardized_metrics": "phases.recording",
    "model_names": "models.table",
    "parallel_figure": "phases.finished_search",
    "prediction_figure": "phases.figures",
    "read_parameters": "phases.opening",
    "read_search": "phases.finished_search",
    "save_model": "handover.model_folder",
    "search_overview": "phases.finished_search",
    "search_table": "phases.finished_search",
    "start_training": "phases.training",
    "top_figure": "phases.finished_search",
    "trade_off_figure": "phases.finished_search",
    "train_all": "phases.training",
    "train_floor": "phases.training",
    "train_framework": "phases.training",
    "train_lightgbm": "phases.training",
    "train_pytorch": "phases.training",
    "train_sklearn": "phases.training",
    "train_statsmodels": "phases.training",
    "train_tensorflow": "phases.training",
    "train_xgboost": "phases.training",
    "tune_best_model": "phases.tuning",
    "tuning_summary": "phases.tuning_report",
    "versions": "hardware",
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
