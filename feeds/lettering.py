"""Words on a picture: cut into lines that fit, and written in fonts that have all their letters."""

from collections.abc import Iterator
from dataclasses import dataclass

from PIL import ImageDraw

from aggregator.tags import SPACELESS
from feeds.fonts import Fonts, Run, Style, at_size, clusters, is_rtl

LEADING = 1.22
"""From one line to the next, in sizes of the letters; high scripts get what their font asks for."""


@dataclass(frozen=True, slots=True)
class Lines:
    """A text, ready to be written.

    Attributes:
        size: of its letters, in pixels.
        step: from one line's foot to the next one's, in pixels.
        is_rtl: whether its own words begin at the right, whatever side it stands on.
    """

    lines: tuple[str, ...]
    style: Style
    size: int
    step: int
    is_rtl: bool

    @property
    def height(self) -> int:
        return self.step * len(self.lines)


class Lettering:
    """Measures and writes with a set of fonts."""

    def __init__(self, fonts: Fonts) -> None:
        self._fonts = fonts

    def fit(
        self, text: str, style: Style, width: int, height: int, sizes: tuple[int, ...], *, rtl: bool
    ) -> Lines:
        """Give a text as large as it fits; in the smallest size its end may be left out.

        Args:
            sizes: largest first.
            rtl: where its lines begin when nothing in the text says so.

        Returns:
            No lines when a letter of it cannot be written.
        """
        written = self._fonts.writable(text, style)
        for size in sizes:
            set_ = self._set(written, style, width, size, rtl)
            if set_.height <= height and not self._breaks_a_word(written, style, width, size):
                return set_
        return self._shortened(written, style, width, height, sizes[-1], rtl)

    def write(
        self,
        canvas: ImageDraw.ImageDraw,
        text: Lines,
        box: tuple[int, int, int],
        colour: str,
        *,
        from_right: bool,
    ) -> None:
        """Write lines into a box of (left, top, right), on its right side when the page begins there."""
        left, top, right = box
        for number, line in enumerate(text.lines):
            foot = top + number * text.step + round(text.step * 0.5 + text.size * 0.34)
            at = right - self.width(line, text.style, text.size) if from_right else left
            runs = self._in_sight(line, text.style)
            for run in runs:
                font = at_size(run.file, text.size)
                direction = _direction(run.text, text.is_rtl if len(runs) == 1 else True)
                canvas.text((at, foot), run.text, colour, font, anchor="ls", direction=direction)
                at += round(font.getlength(run.text, direction=direction))

    def width(self, line: str, style: Style, size: int) -> int:
        """Give how wide a line is, in pixels."""
        runs = self._fonts.runs(line, style)
        return round(sum(at_size(run.file, size).getlength(run.text) for run in runs))

    def _in_sight(self, line: str, style: Style) -> tuple[Run, ...]:
        """Give runs from left to right. Between fonts, right-to-left words change places; a lone run
        is turned by the shaper itself."""
        runs = self._fonts.runs(line, style)
        return runs[::-1] if is_rtl(line) and len(runs) > 1 else runs

    def _set(self, text: str, style: Style, width: int, size: int, rtl: bool) -> Lines:
        lines: list[str] = []
        for glue, piece in self._pieces(text, style, width, size):
            longer = f"{lines[-1]}{glue}{piece}" if lines else piece
            if lines and self.width(longer, style, size) <= width:
                lines[-1] = longer
            else:
                lines.append(piece)
        return Lines(tuple(lines), style, size, self._step(text, style, size), _begins_right(text, rtl))

    def _step(self, text: str, style: Style, size: int) -> int:
        heights = (sum(at_size(run.file, size).getmetrics()) for run in self._fonts.runs(text, style))
        return max(round(size * LEADING), round(max(heights, default=0) * 0.88))

    def _pieces(self, text: str, style: Style, width: int, size: int) -> Iterator[tuple[str, str]]:
        """Give what may stand on a line of its own, each with what ties it to the piece before."""
        for word in text.split():
            glue = " "
            for part in _parts(word):
                for piece in self._narrow(part, style, width, size):
                    yield glue, piece
                    glue = ""

    def _narrow(self, part: str, style: Style, width: int, size: int) -> Iterator[str]:
        if self.width(part, style, size) <= width:
            yield part
            return
        line = ""
        for cluster in clusters(part):
            if line and self.width(line + cluster, style, size) > width:
                yield line
                line = ""
            line += cluster
        yield line

    def _breaks_a_word(self, text: str, style: Style, width: int, size: int) -> bool:
        parts = (part for word in text.split() for part in _parts(word))
        return any(self.width(part, style, size) > width for part in parts)

    def _shortened(
        self, text: str, style: Style, width: int, height: int, size: int, rtl: bool
    ) -> Lines:
        whole = self._set(text, style, width, size, rtl)
        most = max(1, height // whole.step)
        if len(whole.lines) <= most:
            return whole
        last = whole.lines[most - 1]
        ending = "…" if self._fonts.runs("…", style) else "..."
        while last and self.width(f"{last}{ending}", style, size) > width:
            last = "".join(clusters(last)[:-1])
        lines = (*whole.lines[: most - 1], last.rstrip(" ,;:–-") + ending)
        return Lines(lines, style, size, whole.step, whole.is_rtl)


def _parts(word: str) -> Iterator[str]:
    """Cut a word where its script lets a line end: between the signs of Chinese or Thai."""
    part = ""
    for cluster in clusters(word):
        if part and SPACELESS.match(cluster) and SPACELESS.match(part[-1]):
            yield part
            part = ""
        part += cluster
    if part:
        yield part


def _direction(run: str, begins_right: bool) -> str | None:
    """Say how a run goes; None for what goes left to right, which needs no joining of letters."""
    return ("rtl" if begins_right else "ltr") if is_rtl(run) else None


def _begins_right(text: str, otherwise: bool) -> bool:
    """Say where a text begins: as its first letter does (UAX #9, rules P2 and P3)."""
    first = next((each for each in text if each.isalpha()), "")
    return is_rtl(first) if first else otherwise
