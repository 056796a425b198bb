"""Did the winner win? The best model against each other one, on the same folds."""

from dataclasses import dataclass

from ...models.table import MODELS
from ...statistics.uncertainty import corrected_t_test, holm
from .results import can_be_chosen, ranked

SURE = 0.05  # p-value, adjusted for the number of models, below which two are told apart


@dataclass(frozen=True)
class Comparison:
    """versus : {model: {"difference", "low", "high" (of the mean, to the best), "p"}} of the others.
    on_par : the best and the models that are not significantly different from it, best first.
    fastest, simplest : of those on par, by inference time, and by place in the table of models.
    """

    best: str
    versus: dict
    on_par: list
    fastest: str
    simplest: str

    def to_dict(self):
        return vars(self)


def compare(results, metric):
    """Compare the best model with each other on its folds; None where no model can be chosen.

    A difference counts where the corrected paired t-test, adjusted for the number of models (Holm),
    gives less than 0.05. With few folds only large differences do: on par is not proven equal.
    """
    chosen = [r for r in ranked(results, metric) if can_be_chosen(r, metric)]
    if not chosen:
        return None
    best, others = chosen[0], chosen[1:]
    scores = best.fold_scores(metric.name)
    tests = [_paired_test(r.fold_scores(metric.name), scores, best.measured["test_share"]) for r in others]
    versus = {
        r.name: {"difference": mean, "low": low, "high": high, "p": p}
        for r, (mean, (low, high), _), p in zip(others, tests, holm([t[2] for t in tests]), strict=True)
    }
    on_par = [best, *(r for r in others if versus[r.name]["p"] >= SURE)]
    return Comparison(
        best=best.name,
        versus=versus,
        on_par=[r.name for r in on_par],
        fastest=min(on_par, key=lambda r: r.metric("inference_time_ms")).name,
        simplest=min(on_par, key=lambda r: list(MODELS).index(r.name)).name,
    )


def _paired_test(scores, best, test_share):
    """On the folds that both were scored on; with less than two of them nothing can be told apart."""
    common = sorted(set(scores) & set(best))
    if len(common) < 2:
        difference = float(scores[common[0]] - best[common[0]]) if common else None
        return difference, (None, None), 1.0
    return corrected_t_test([scores[k] for k in common], [best[k] for k in common], test_share)


def sentence(comparison, results, metric):
    """Say in words who won, and who is not significantly different from the winner."""
    if not comparison.versus:
        return "No other model was trained to compare it with."
    if comparison.on_par == [comparison.best]:
        return f"{comparison.best} won: every other model is worse on the folds by more than chance explains."
    times = {r.name: r.metric("inference_time_ms") for r in results if r.status == "ok"}
    others = ", ".join(name for name in comparison.on_par if name != comparison.best)
    return (
        f"On these folds {comparison.best} is not significantly different from: {others} "
        f"(paired test, p >= {SURE}). "
        f"Of them {comparison.fastest} predicts fastest ({times[comparison.fastest]:.3g} ms a batch), and "
        f"{comparison.simplest} is the simplest."
    )
