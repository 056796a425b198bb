"""The public door: everything that notebooks and scripts import, and nothing else.

Names are imported on first use, so that `import model_development.model_utils` costs next to nothing. Editors
and type checkers read imports in place of the table; a test holds both to the same names and modules.
"""

from importlib import import_module

TYPE_CHECKING = False  # as type checkers know it, without the price of importing `typing`
if TYPE_CHECKING:
    from .cli.stage_report import criteria_table as criteria_table
    from .cli.stage_report import stage_table as stage_table
    from .cli.workflow import run_workflow as run_workflow
    from .errors import TemplateError as TemplateError
    from .errors import UnreadableColumnWarning as UnreadableColumnWarning
    from .execution.hardware import versions as versions
    from .explanation.explain_row import explain_row as explain_row
    from .models.table import model_names as model_names
    from .phases.data_report import check_data as check_data
    from .phases.data_report import checks_table as checks_table
    from .phases.data_report import data_profile as data_profile
    from .phases.evaluation.explaining import row_explainer as row_explainer
    from .phases.evaluation.opening import start_evaluation as start_evaluation
    from .phases.evaluation.phase import analyse as analyse
    from .phases.evaluation.phase import evaluate as evaluate
    from .phases.evaluation.phase import evaluate_model as evaluate_model
    from .phases.evaluation.phase import evaluation_overview as evaluation_overview
    from .phases.evaluation.phase import explain as explain
    from .phases.evaluation.phase import finish_evaluation as finish_evaluation
    from .phases.evaluation.show import show_conclusion as show_conclusion
    from .phases.evaluation.show import show_sections as show_sections
    from .phases.gpu import detect_gpu as detect_gpu
    from .phases.opening import read_evaluation_parameters as read_evaluation_parameters
    from .phases.opening import read_parameters as read_parameters
    from .phases.training.charts import comparison_figure as comparison_figure
    from .phases.training.charts import history_figure as history_figure
    from .phases.training.charts import latency_figure as latency_figure
    from .phases.training.charts import prediction_figure as prediction_figure
    from .phases.training.coefficients import coefficients as coefficients
    from .phases.training.comparison import compare as compare
    from .phases.training.feature_stage import try_features as try_features
    from .phases.training.phase import finish_training as finish_training
    from .phases.training.phase import start_training as start_training
    from .phases.training.phase import train_all as train_all
    from .phases.training.phase import train_catboost as train_catboost
    from .phases.training.phase import train_dummy as train_dummy
    from .phases.training.phase import train_framework as train_framework
    from .phases.training.phase import train_lightgbm as train_lightgbm
    from .phases.training.phase import train_pytorch as train_pytorch
    from .phases.training.phase import train_sklearn as train_sklearn
    from .phases.training.phase import train_statsmodels as train_statsmodels
    from .phases.training.phase import train_tensorflow as train_tensorflow
    from .phases.training.phase import train_xgboost as train_xgboost
    from .phases.training.recording import log_standardized_metrics as log_standardized_metrics
    from .phases.training.report import conclusion as conclusion
    from .phases.training.results import beats_dummy as beats_dummy
    from .phases.training.results import choose_best as choose_best
    from .phases.training.results import leaderboard as leaderboard
    from .phases.tuning.charts import course_figure as course_figure
    from .phases.tuning.charts import impact_figure as impact_figure
    from .phases.tuning.charts import parallel_figure as parallel_figure
    from .phases.tuning.charts import top_figure as top_figure
    from .phases.tuning.charts import trade_off_figure as trade_off_figure
    from .phases.tuning.finished_search import read_search as read_search
    from .phases.tuning.finished_search import search_overview as search_overview
    from .phases.tuning.finished_search import search_table as search_table
    from .phases.tuning.phase import tune_best_model as tune_best_model
    from .phases.tuning.report import tuning_summary as tuning_summary
    from .reports.notebook import compact as compact
    from .storage.model_folder import save_model as save_model
    from .tracking.loading import load_model as load_model

_HOME = {
    "criteria_table": "cli.stage_report",
    "run_workflow": "cli.workflow",
    "stage_table": "cli.stage_report",
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
    "course_figure": "phases.tuning.charts",
    "data_profile": "phases.data_report",
    "coefficients": "phases.training.coefficients",
    "detect_gpu": "phases.gpu",
    "analyse": "phases.evaluation.phase",
    "evaluate": "phases.evaluation.phase",
    "evaluate_model": "phases.evaluation.phase",
    "evaluation_overview": "phases.evaluation.phase",
    "explain": "phases.evaluation.phase",
    "explain_row": "explanation.explain_row",
    "finish_evaluation": "phases.evaluation.phase",
    "read_evaluation_parameters": "phases.opening",
    "show_conclusion": "phases.evaluation.show",
    "show_sections": "phases.evaluation.show",
    "start_evaluation": "phases.evaluation.opening",
    "finish_training": "phases.training.phase",
    "history_figure": "phases.training.charts",
    "latency_figure": "phases.training.charts",
    "impact_figure": "phases.tuning.charts",
    "leaderboard": "phases.training.results",
    "load_model": "tracking.loading",
    "log_standardized_metrics": "phases.training.recording",
    "model_names": "models.table",
    "parallel_figure": "phases.tuning.charts",
    "prediction_figure": "phases.training.charts",
    "read_parameters": "phases.opening",
    "read_search": "phases.tuning.finished_search",
    "row_explainer": "phases.evaluation.explaining",
    "save_model": "storage.model_folder",
    "search_overview": "phases.tuning.finished_search",
    "search_table": "phases.tuning.finished_search",
    "start_training": "phases.training.phase",
    "top_figure": "phases.tuning.charts",
    "trade_off_figure": "phases.tuning.charts",
    "train_all": "phases.training.phase",
    "train_catboost": "phases.training.phase",
    "train_dummy": "phases.training.phase",
    "train_framework": "phases.training.phase",
    "train_lightgbm": "phases.training.phase",
    "train_pytorch": "phases.training.phase",
    "train_sklearn": "phases.training.phase",
    "train_statsmodels": "phases.training.phase",
    "train_tensorflow": "phases.training.phase",
    "train_xgboost": "phases.training.phase",
    "try_features": "phases.training.feature_stage",
    "tune_best_model": "phases.tuning.phase",
    "tuning_summary": "phases.tuning.report",
    "versions": "execution.hardware",
}

__all__ = list(_HOME)


if not TYPE_CHECKING:  # a type checker is to find names that do not exist

    def __getattr__(name: str) -> object:
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"model_development.{_HOME[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(_HOME))
