"""A figure drawn once: Jupyter shows the same picture that is saved."""

from functools import cached_property, wraps
from io import BytesIO

DPI = 144  # twice what a page shows, sharp on any screen


class Chart:
    """A matplotlib Figure, in `figure`, and its picture, in `png`."""

    def __init__(self, figure):
        self.figure = figure

    @cached_property
    def png(self):
        """The picture as bytes."""
        file = BytesIO()
        self.figure.savefig(file, dpi=DPI, format="png")
        return file.getvalue()

    def _repr_png_(self):
        width, height = self.figure.get_size_inches() * DPI / 2
        return self.png, {"width": int(width), "height": int(height)}


def drawn_once(draw):
    """Let a function of a training phase keep its Chart until the results change; None stays None."""

    @wraps(draw)
    def chart_of(phase):
        state = [result.run_id for result in phase.all_results]
        kept = phase.charts.get(draw.__name__)
        if kept is None or kept[0] != state:
            figure = draw(phase)
            kept = phase.charts[draw.__name__] = (state, figure and Chart(figure))
        return kept[1]

    return chart_of
