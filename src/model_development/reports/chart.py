"""A figure drawn once: Jupyter shows the same picture that is saved. No figure can stop a run."""

from __future__ import annotations

import textwrap
import warnings
from collections.abc import Callable, Sequence
from functools import wraps
from io import BytesIO
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar, overload

from ..errors import TemplateError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

P = ParamSpec("P")
DPI = 144  # twice what a page shows, sharp on any screen
LETTERS_PER_INCH = 11  # of a title, about
TITLE_LINES = 3


class Chart:
    """A matplotlib Figure, in `figure`, its picture as bytes, in `png`, and in words, in `alt`.

    Text is drawn as it is: a `$`, `_` or `^` in names and labels of the user's is no formula.
    """

    def __init__(self, figure: Figure) -> None:
        self.figure = figure
        self.alt = description(figure)
        _take_text_as_it_is(figure)
        self.png = _picture(figure)
        self._inches = figure.get_size_inches()

    def __getstate__(self) -> dict[str, Any]:
        """What goes to another process: the picture, since a figure may hold what cannot."""
        return {name: value for name, value in vars(self).items() if name != "figure"}

    def _repr_png_(self):
        width, height = self._inches * DPI / 2
        return self.png, {"width": int(width), "height": int(height), "alt": self.alt}


def description(figure: Figure) -> str:
    """What a figure shows, from its own words: for who cannot see it.

    >>> from matplotlib.figure import Figure
    >>> figure = Figure()
    >>> axes = figure.subplots()
    >>> _ = axes.set(title="iris: loss", xlabel="round", ylabel="log loss")
    >>> description(figure)
    'iris: loss (log loss against round).'
    """
    panels = [text for axes in figure.axes if (text := _panel(axes))]
    title = " ".join(figure.get_suptitle().split())
    if not title:
        return f"{'; '.join(panels) or 'A chart'}."
    return f"{title}: {'; '.join(panels)}." if panels else f"{title}."


def _panel(axes):
    """One panel: its title, and what is drawn against what."""
    title, down, across = (
        " ".join(text.split()) for text in (axes.get_title(), axes.get_ylabel(), axes.get_xlabel())
    )
    drawn = f"{down} against {across}" if down and across else down or across
    return f"{title} ({drawn})" if title and drawn else title or drawn


class UndrawnChart:
    """A chart that could not be drawn, and why; a notebook shows the reason in its place."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def __repr__(self) -> str:
        return self.reason


@overload
def drawn(draw: Callable[P, Figure]) -> Callable[P, Chart | UndrawnChart]: ...


@overload
def drawn(draw: Callable[P, Figure | None]) -> Callable[P, Chart | UndrawnChart | None]: ...


def drawn(draw: Callable[P, Figure | None]) -> Callable[P, Chart | UndrawnChart | None]:
    """Let a function that returns a Figure return it as a Chart, or as an UndrawnChart; None stays None.

    What a user can mend is still raised, as a TemplateError.
    """

    @wraps(draw)
    def chart_of(*arguments: P.args, **named: P.kwargs) -> Chart | UndrawnChart | None:
        try:
            figure = draw(*arguments, **named)
            return None if figure is None else Chart(figure)
        except TemplateError:
            raise
        except Exception as error:  # whatever a table does to the library: all training was paid for
            undrawn = UndrawnChart(f"{draw.__name__} could not be drawn: {type(error).__name__}: {error}")
            print(undrawn)
            return undrawn

    return chart_of


class KeepsCharts(Protocol):
    """A phase whose charts are drawn once: its results, and {function: (state, chart)} so far."""

    charts: dict[str, tuple[list[str | None], Chart | UndrawnChart | None]]

    @property
    def all_results(self) -> Sequence[Any]: ...


Phase = TypeVar("Phase", bound=KeepsCharts)


def drawn_once(draw: Callable[[Phase], Figure | None]) -> Callable[[Phase], Chart | UndrawnChart | None]:
    """Let a function of a training phase keep what `drawn` makes of it until the results change."""
    make = drawn(draw)

    @wraps(draw)
    def chart_of(phase: Phase) -> Chart | UndrawnChart | None:
        state = [result.run_id for result in phase.all_results]
        kept = phase.charts.get(draw.__name__)
        if kept is None or kept[0] != state:
            kept = phase.charts[draw.__name__] = (state, make(phase))
        return kept[1]

    return chart_of


def _take_text_as_it_is(figure):
    from matplotlib.text import Text
    from matplotlib.ticker import LogFormatter, LogFormatterMathtext

    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):  # powers of ten are formulas of the library's own
            if isinstance(axis.get_major_formatter(), LogFormatterMathtext):
                axis.set_major_formatter(LogFormatter(labelOnlyBase=True))
            if isinstance(axis.get_minor_formatter(), LogFormatterMathtext):
                axis.set_minor_formatter(LogFormatter(labelOnlyBase=False))
    for text in figure.findobj(Text):
        text.set_parse_math(False)
    titles = [axes.title for axes in figure.axes] + ([figure._suptitle] if figure._suptitle else [])
    width = int(figure.get_size_inches()[0] * LETTERS_PER_INCH)
    for title in titles:
        title.set_text(_in_lines(title.get_text(), width))


def _in_lines(text, width):
    """A text in a few lines; what is far too long for a picture is cut."""
    if len(text) <= width:
        return text
    return "\n".join(textwrap.wrap(text, width, max_lines=TITLE_LINES, placeholder=" …"))


def _picture(figure):
    from matplotlib import rc_context

    file = BytesIO()
    with rc_context({"text.parse_math": False}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")  # an emoji is a box
        figure.savefig(file, dpi=DPI, format="png")
    return file.getvalue()
