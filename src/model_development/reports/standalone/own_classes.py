"""The few classes that prepare columns in a way that scikit-learn does not have, as code of a notebook."""

from __future__ import annotations

from ...features.piecewise import PiecewiseLinearEncoder, SinglePrecision, UnitFree
from .cells import Step
from .source import plain_source

SENTENCES = '''
class SentenceEncoder(TransformerMixin, BaseEstimator):
    """Texts as `n_parts` numbers: weighted n-grams of characters, reduced by an SVD."""

    def __init__(self, n_parts=16):
        self.n_parts = n_parts

    def fit(self, X, y=None):
        self.fit_transform(X)
        return self

    def fit_transform(self, X, y=None):
        self.grams_ = TfidfVectorizer(ngram_range=(3, 4), analyzer="char_wb")
        self.parts_ = TruncatedSVD(n_components=self.n_parts, random_state=0)
        numbers = self.parts_.fit_transform(self.grams_.fit_transform(self._texts(X)).astype("float32"))
        self.scale_ = np.sqrt(np.nansum(np.nanvar(numbers, axis=0)))
        return (numbers / self.scale_).astype(np.float32)

    def transform(self, X):
        numbers = self.parts_.transform(self.grams_.transform(self._texts(X)).astype("float32"))
        return (numbers / self.scale_).astype(np.float32)

    def _texts(self, X):
        return ["" if text is None else text for text in np.asarray(X, dtype=object).ravel()]
'''
SENTENCE_IMPORTS = {
    "from sklearn.base import BaseEstimator, TransformerMixin",
    "from sklearn.decomposition import TruncatedSVD",
    "from sklearn.feature_extraction.text import TfidfVectorizer",
}
COPIED = {  # classes whose source is taken as it stands
    UnitFree: "Numbers about their middle in units of their spread: models hold them in single precision.",
    PiecewiseLinearEncoder: "Networks see a number as its way through quantile bins: neither a heavy tail "
    "nor an outlier outweighs the rest.",
    SinglePrecision: "Single precision, in which the network computes.",
}


def class_steps(code: str, imports: set[str]) -> list[Step]:
    """The classes of our own that the code names, one cell each; what they need is added to `imports`."""
    steps = []
    for thing, text in COPIED.items():
        if thing.__name__ in code:
            source, needed = plain_source(thing)
            imports |= needed
            steps.append(Step(text, source))
    if "SentenceEncoder" in code:
        imports |= SENTENCE_IMPORTS
        steps.append(Step("Sentences as a few numbers each.", SENTENCES))
    return steps
