"""The table of algorithms: families with uses, pros, cons and sources, and the rules that speak for them.

Adding a model to the recommendations is one row of ALGORITHMS; adding a reason is one Rule.
"""

from collections.abc import Callable
from dataclasses import dataclass

from .data_profile import DataProfile

CLASSES, NUMBERS = ("classification",), ("regression",)  # families of tasks
SMALL, MEDIUM, LARGE = 1_000, 10_000, 100_000  # rows
FEW_EVENTS = 200  # rows of the rarest class; van der Ploeg et al. (2014): flexible models need ten times more
SHORT_S, FAST_MS = 60, 5


@dataclass(frozen=True)
class Family:
    """One kind of algorithm: what it is used for, and what speaks for and against it."""

    title: str
    used_for: str
    pros: tuple[str, ...]
    cons: tuple[str, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Rule:
    """when : (profile) -> does it apply? points : for (or against) the algorithm. because : one sentence."""

    when: Callable[[DataProfile], bool]
    points: float
    because: str


@dataclass(frozen=True)
class Algorithm:
    """One row: models of one family that the same rules concern.

    models : names of the table of models. tasks : families of tasks that they are made for, as there.
    """

    models: tuple[str, ...]
    family: str
    rules: tuple[Rule, ...]
    tasks: tuple[str, ...] = (*CLASSES, *NUMBERS)


def _is_short(profile: DataProfile) -> bool:
    return profile.time_limit_s is not None and profile.time_limit_s < SHORT_S


FAMILIES = {
    "linear": Family(
        "Linear models",
        "few rows, effects that add up, and whenever each coefficient must be defended",
        ("fast to fit and to answer", "few rows suffice", "coefficients can be read", "well calibrated"),
        ("bends and interactions must be given to them", "sensitive to extreme values"),
        ("Christodoulou et al. (2019), J. Clin. Epidemiol. 110", "Hastie et al. (2009), ch. 3 and 4"),
    ),
    "tree": Family(
        "Single trees",
        "rules that fit on a page",
        ("can be read and checked by anyone", "instant answers", "any scale of the features"),
        ("less accurate than many trees", "a few other rows make another tree"),
        ("Breiman et al. (1984), Classification and Regression Trees",),
    ),
    "forest": Family(
        "Forests",
        "a strong first result without tuning",
        ("hard to overfit", "little to tune", "bends and interactions by themselves"),
        ("large files and slow answers", "probabilities drawn to the middle"),
        ("Breiman (2001), Machine Learning 45", "Niculescu-Mizil and Caruana (2005), ICML"),
    ),
    "boosting": Family(
        "Boosted trees",
        "tables of some thousand rows and more, of mixed columns",
        (
            "usually the most accurate on tables",
            "missing values and skewed columns as they are",
            "fast answers",
        ),
        ("many parameters", "overfits small tables where it is not stopped early"),
        (
            "Grinsztajn et al. (2022), NeurIPS",
            "McElfresh et al. (2023), NeurIPS",
            "Chen and Guestrin (2016), KDD",
            "Ke et al. (2017), NeurIPS",
            "Prokhorenkova et al. (2018), NeurIPS",
        ),
    ),
    "network": Family(
        "Networks",
        "many rows, smooth effects of many numbers, many classes",
        ("smooth functions", "gain from many rows", "share what classes have in common"),
        ("slow to train", "need scaled and filled columns", "vary with the seed"),
        ("McElfresh et al. (2023), NeurIPS", "Gorishniy et al. (2021), NeurIPS"),
    ),
    "ensemble": Family(
        "Ensembles of different models",
        "the last percent, where latency and size matter less",
        ("rarely worse than the best of its members", "made of fits that are there already"),
        ("each answer asks every member", "harder to explain and to serve"),
        ("Caruana et al. (2004), ICML",),
    ),
}

_FEW_ROWS = Rule(lambda p: p.n_rows < SMALL, -1.5, "with fewer than 1,000 rows it overfits easily")
_RARE = Rule(
    lambda p: 0 < p.smallest_class < FEW_EVENTS,
    -0.5,
    "the rarest class has fewer than 200 rows, and flexible models need many events",
)
_SHORT = Rule(_is_short, -1.5, "the time for training is short")
_SLOW_ANSWER = Rule(
    lambda p: p.latency_limit_ms is not None and p.latency_limit_ms < FAST_MS,
    -2.0,
    "one answer would take longer than is allowed",
)
_SIMPLE = (
    Rule(_is_short, 1.5, "the time for training is short, and it needs a moment of it"),
    Rule(lambda p: p.n_rows < SMALL, 2.5, "with fewer than 1,000 rows simple models hold their own"),
    Rule(
        lambda p: 0 < p.smallest_class < FEW_EVENTS,
        1.5,
        "the rarest class has fewer than 200 rows, too few for much more than additive effects",
    ),
    Rule(lambda p: p.rows_per_column < 20, 1.0, "there are fewer than 20 rows for each column"),
    Rule(lambda p: p.n_texts > 0, 0.5, "words of texts make many thin columns, which suit it"),
    Rule(lambda p: p.n_rows >= MEDIUM, -1.0, "with 10,000 rows and more bends can be learnt that it misses"),
    Rule(
        lambda p: p.latency_limit_ms is not None and p.latency_limit_ms < FAST_MS,
        1.0,
        "its answers are the fastest",
    ),
)
_TREES = (
    Rule(
        lambda p: p.n_rows >= SMALL, 2.0, "with 1,000 rows and more it is usually the most accurate on tables"
    ),
    Rule(lambda p: p.missing_share > 0.02, 0.3, "it takes missing values as they are"),
    Rule(lambda p: p.skewed_share > 0.3, 0.3, "skewed columns do not disturb it"),
    _FEW_ROWS,
    _RARE,
)

ALGORITHMS = (
    Algorithm(("sklearn_logistic_regression",), "linear", _SIMPLE, CLASSES),
    Algorithm(
        ("sklearn_ridge",),
        "linear",
        (*_SIMPLE, Rule(lambda p: True, 0.2, "its penalty holds many weak columns")),
        NUMBERS,
    ),
    Algorithm(
        ("sklearn_lasso",),
        "linear",
        (
            *_SIMPLE,
            Rule(lambda p: p.rows_per_column < 10, 0.5, "most columns may be of no use, and it drops those"),
        ),
        NUMBERS,
    ),
    Algorithm(("sklearn_linear_regression", "statsmodels_ols"), "linear", _SIMPLE, NUMBERS),
    Algorithm(("statsmodels_glm",), "linear", _SIMPLE, NUMBERS),
    Algorithm(
        ("sklearn_decision_tree",),
        "tree",
        (
            Rule(lambda p: True, -0.5, "single trees are rarely the most accurate"),
            Rule(
                lambda p: p.latency_limit_ms is not None and p.latency_limit_ms < 1,
                1.0,
                "its answers are instant",
            ),
        ),
    ),
    Algorithm(
        ("sklearn_random_forest", "sklearn_extra_trees"),
        "forest",
        (
            Rule(lambda p: p.n_rows < MEDIUM, 1.2, "forests do well without tuning on tables of this size"),
            Rule(lambda p: p.n_rows >= LARGE, -1.0, "a forest of 100,000 rows is large and slow"),
            _SLOW_ANSWER,
        ),
    ),
    Algorithm(
        ("catboost_baseline",),
        "boosting",
        (
            *_TREES,
            Rule(
                lambda p: p.n_many_levels > 0, 1.0, "categories of many levels suit its ordered target means"
            ),
            Rule(lambda p: p.category_share > 0.3, 0.5, "many columns are categories, which it is made for"),
            Rule(
                lambda p: p.n_rows < MEDIUM, 0.4, "its defaults are careful, which suits tables of this size"
            ),
            _SHORT,
        ),
    ),
    Algorithm(
        ("lightgbm_baseline",),
        "boosting",
        (*_TREES, Rule(lambda p: p.n_rows >= MEDIUM, 0.6, "it is the fastest booster on many rows")),
    ),
    Algorithm(
        ("xgboost_baseline",),
        "boosting",
        (*_TREES, Rule(lambda p: p.n_rows >= MEDIUM, 0.4, "it learns many rows well")),
    ),
    Algorithm(
        ("sklearn_gradient_boosting",),
        "boosting",
        (*_TREES, Rule(lambda p: p.n_rows >= MEDIUM, -0.5, "other boosters are faster on many rows")),
    ),
    Algorithm(
        ("pytorch_nn", "tensorflow_nn"),
        "network",
        (
            Rule(
                lambda p: p.n_rows >= MEDIUM and p.category_share < 0.3,
                2.0,
                "many rows of numbers suit networks",
            ),
            Rule(lambda p: p.n_classes >= 10, 1.5, "many classes share what a network learns"),
            _FEW_ROWS,
            _RARE,
            _SHORT,
        ),
    ),
    Algorithm(
        ("ensemble_greedy",),
        "ensemble",
        (
            Rule(lambda p: p.n_rows >= SMALL, 0.8, "an ensemble of what is fitted anyway is rarely worse"),
            _SHORT,
            _SLOW_ANSWER,
        ),
    ),
)
