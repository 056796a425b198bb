"""Names of metrics that other libraries and people use, and ours."""

ALIASES = {  # names that other libraries have: ours
    "auc": "roc_auc",
    "auroc": "roc_auc",
    "roc": "roc_auc",
    "f1": "f1_score",
    "acc": "accuracy",
    "logloss": "log_loss",
    "cross_entropy": "log_loss",
    "ap": "pr_auc",
    "auprc": "pr_auc",
    "average_precision": "pr_auc",
    "brier": "brier_score",
    "mcc": "matthews",
    "matthews_corrcoef": "matthews",
    "balanced_acc": "balanced_accuracy",
    "r2": "r2_score",
    "mean_squared_error": "mse",
    "root_mean_squared_error": "rmse",
    "mean_absolute_error": "mae",
    "mean_absolute_percentage_error": "mape",
}


def our_name(name: str) -> str:
    """Return the name of a metric here; an unknown one as it is.

    >>> our_name("AUC"), our_name("R2"), our_name("profit")
    ('roc_auc', 'r2_score', 'profit')
    """
    return ALIASES.get(name.lower().replace("-", "_").replace(" ", "_"), name)
