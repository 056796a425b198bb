"""A search that learns, and ends by itself when a further gain is unlikely."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import NormalDist, fmean, pstdev
from typing import Any

from .strategies import Answer, Request, Strategy

RECENT = 20  # combinations that say what the next ones will be like
AHEAD = 10  # combinations, whose expected gain together is
WORTH_A_LOOK = 0.1  # of a standard error of the score, or more
PATIENCE = 100  # combinations, of which one has gained so much


class EndsByItself(Strategy):
    """A strategy that learns, until a gain is unlikely.

    What was given up on some of the folds is seen as on all of them: without what the folds that it was tried
    on make easier or harder, as those that came to their end show it.

    tried : (params, score or None) of combinations before it. standard_error : of the score that is to be
    beaten; with 0 it goes on as long as the last combinations could gain anything.
    """

    learns = True

    def __init__(
        self,
        learning: Strategy,
        tried: Iterable[tuple[dict[str, Any], float | None]] = (),
        standard_error: float = 0.0,
    ) -> None:
        super().__init__(learning.n_folds, learning.space, learning.n_planned)
        self.kind, self._learning, self._standard_error = learning.kind, learning, standard_error
        self._before = [score for _, score in tried if score is not None]
        self._since: dict[int, list[tuple[int, float]]] = {}  # (folds, score), by number of a combination

    def ask(self) -> list[Request]:
        if not self._learning.has_open:  # what has been begun comes to its end
            self.ended_by_itself = not self._may_gain()
        return [] if self.ended_by_itself else self._learning.ask()

    def tell(self, answers: Sequence[Answer]) -> None:
        self._learning.tell(answers)
        self.pruned |= self._learning.pruned
        for answer in answers:
            if answer.score is not None:
                parts = self._since.setdefault(answer.request.number, [])
                parts.append((len(answer.request.folds), answer.score))

    def _may_gain(self) -> bool:
        if len(self._since) < RECENT:
            return True
        since, worthwhile = self._on_all_folds(), WORTH_A_LOOK * self._standard_error
        best, earlier = max(self._before + since), self._before + since[:-PATIENCE]
        has_stalled = len(since) > PATIENCE and best - max(earlier) <= worthwhile
        return not has_stalled and AHEAD * expected_gain(since[-RECENT:], best) > worthwhile

    def _on_all_folds(self) -> list[float]:
        """The scores of the combinations since, those of what was given up moved to all folds."""
        moved = [_mean(parts) - parts[0][1] for parts in self._since.values() if len(parts) > 1]
        step = fmean(moved) if moved else 0.0
        return [_mean(parts) + (0.0 if self._is_whole(parts) else step) for parts in self._since.values()]

    def _is_whole(self, parts: list[tuple[int, float]]) -> bool:
        return sum(n for n, _ in parts) == self.n_folds


def expected_gain(scores: Sequence[float], best: float) -> float:
    """Expected improvement over `best` of one more score like these, were they normally distributed.

    Source: Jones, Schonlau and Welch (1998), Efficient Global Optimization, equation 15.

    >>> round(expected_gain([0.0, 2.0], best=1.0), 4), expected_gain([1.0, 1.0], best=1.0)
    (0.3989, 0.0)
    """
    mean, spread = fmean(scores), pstdev(scores)
    if spread == 0:
        return max(0.0, mean - best)
    normal, z = NormalDist(), (mean - best) / spread
    return spread * (normal.pdf(z) + z * normal.cdf(z))


def _mean(parts: Sequence[tuple[int, float]]) -> float:
    return sum(n * score for n, score in parts) / sum(n for n, _ in parts)
