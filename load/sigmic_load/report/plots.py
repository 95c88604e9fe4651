"""Plots as inline SVG: lines, a heat map and a limit, with readable axes. The page's CSS sets the colours."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 84, 28, 14, 46
TICKS = 6

Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A named line. `style` selects its colour: a, b or c. `steps` holds a value until the next."""

    name: str
    points: Sequence[Point]
    style: str = "a"
    steps: bool = False
    dots: bool = False
    joined: bool = True
    """If false, only dots are drawn: nothing was measured between them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """Label and unit of an axis. A `logarithmic` axis needs values above 0."""

    label: str
    unit: str = ""
    logarithmic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    """Maps values to positions between `start` and `stop`."""

    least: float
    most: float
    start: float
    stop: float
    logarithmic: bool

    def __call__(self, value: float) -> float:
        least, most, value = (
            (math.log10(self.least), math.log10(self.most), math.log10(max(value, self.least)))
            if self.logarithmic
            else (self.least, self.most, value)
        )
        share = (value - least) / (most - least) if most > least else 0.5
        return self.start + (self.stop - self.start) * share

    def ticks(self) -> list[float]:
        if self.logarithmic:
            first, last = round(math.log10(self.least)), round(math.log10(self.most))
            return [10.0**power for power in range(first, last + 1)]
        step = nice_step((self.most - self.least) / TICKS)
        count = math.floor((self.most - self.least) / step + 1e-9)
        return [self.least + step * number for number in range(count + 1)]


def nice_step(rough: float) -> float:
    """Return 1, 2 or 5 times a power of ten, at least `rough`."""
    if rough <= 0:
        return 1.0
    power: float = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))


def _scale(values: Sequence[float], start: float, stop: float, axis: Axis) -> _Scale:
    """A linear vertical axis ends at a tick, a horizontal one at the last value."""
    if axis.logarithmic:
        above = [value for value in values if value > 0] or [1.0]
        least = 10.0 ** math.floor(math.log10(min(above)))
        most = max(10.0 ** math.ceil(math.log10(max(above))), least * 10)
        return _Scale(least=least, most=most, start=start, stop=stop, logarithmic=True)
    most = max([*values, 0.0])
    step = nice_step(most / TICKS)
    is_across = stop > start
    top = most if is_across and most > 0 else math.ceil(most / step - 1e-9) * step or 1.0
    return _Scale(least=0.0, most=top, start=start, stop=stop, logarithmic=False)


def number(value: float) -> str:
    """Format a number briefly, with a separator for thousands."""
    if value == 0:
        return "0"
    if abs(value) >= 100:  # noqa: PLR2004 - three digits are enough
        return f"{value:,.0f}"
    return f"{value:.3g}"


def line_plot(
    series: Sequence[Series],
    across: Axis,
    up: Axis,
    *,
    limit: float | None = None,
    limit_name: str = "",
    shade: Sequence[tuple[float, float]] = (),
) -> str:
    """Return a plot of lines; empty without points.

    `limit` is a horizontal line, for example an objective. `shade` are spans across that do not count.
    """
    xs = [x for line in series for x, _ in line.points]
    ys = [y for line in series for _, y in line.points]
    if not xs:
        return ""
    x = _scale(xs, LEFT, WIDTH - RIGHT, across)
    y = _scale([*ys, *([] if limit is None else [limit])], HEIGHT - BOTTOM, TOP, up)
    parts = [_shaded(x, shade), _axes(x, y, across, up)]
    if limit is not None:
        at = y(limit)
        parts.append(
            f'<line class="limit" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>'
            f'<text class="limit" x="{WIDTH - RIGHT - 4}" y="{at - 5:.1f}" text-anchor="end">'
            f"{escape(limit_name)}</text>"
        )
    parts.extend(_line(line, x, y) for line in series)
    return _svg(parts) + (_legend(series) if len(series) > 1 else "")


def _shaded(x: _Scale, spans: Sequence[tuple[float, float]]) -> str:
    parts = []
    for start, end in spans:
        left, right = x(min(start, x.most)), x(min(end, x.most))
        if right > left:
            parts.append(
                f'<rect class="unjudged" x="{left:.1f}" y="{TOP}" width="{right - left:.1f}" '
                f'height="{HEIGHT - BOTTOM - TOP}"/>'
            )
    return "".join(parts)


def _line(line: Series, x: _Scale, y: _Scale) -> str:
    places = [(x(across), y(up)) for across, up in line.points]
    path: list[str] = []
    for index, (across, up) in enumerate(places):
        if index and line.steps:
            path.append(f"H{across:.1f}")
        path.append(f"{'L' if index else 'M'}{across:.1f} {up:.1f}")
    drawn = f'<path class="line {line.style}" d="{"".join(path)}"/>' if line.joined else ""
    if line.dots or not line.joined:
        drawn += "".join(
            f'<circle class="{line.style}" cx="{across:.1f}" cy="{up:.1f}" r="3.5"/>' for across, up in places
        )
    return drawn


Cell = tuple[tuple[float, float], tuple[float, float], int]
"""Start and end across, start and end upwards, and the count."""


def heat_map(
    cells: Sequence[Cell],
    across: Axis,
    up: Axis,
    *,
    until: float,
    shade: Sequence[tuple[float, float]] = (),
) -> str:
    """Return a plot of cells, stronger for higher counts; empty without cells."""
    if not cells:
        return ""
    x = _scale([until], LEFT, WIDTH - RIGHT, across)
    y = _scale([edge for _, edges, _ in cells for edge in edges], HEIGHT - BOTTOM, TOP, up)
    most = max(count for *_, count in cells)
    parts = [_shaded(x, shade), _axes(x, y, across, up)]
    for (start, stop), (low, high), count in cells:
        left, top = x(start), y(high)
        width, height = max(1.0, x(min(stop, until)) - left), y(low) - top
        opacity = 0.25 + 0.75 * math.log1p(count) / math.log1p(most)
        when = f"{number(start)} to {number(stop)} {across.unit}"
        what = f"{number(low)} to {number(high)} {up.unit}"
        parts.append(
            f'<rect class="cell" x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" '
            f'fill-opacity="{opacity:.2f}"><title>{when}, {what}: {count}</title></rect>'
        )
    return _svg(parts)


def _axes(x: _Scale, y: _Scale, across: Axis, up: Axis) -> str:
    floor = HEIGHT - BOTTOM
    parts = []
    for tick in y.ticks():
        at = y(tick)
        parts.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>'
            f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{number(tick)}</text>'
        )
    for tick in x.ticks():
        at = x(tick)
        parts.append(
            f'<line class="tick" x1="{at:.1f}" x2="{at:.1f}" y1="{floor}" y2="{floor + 4}"/>'
            f'<text x="{at:.1f}" y="{floor + 18}" text-anchor="middle">{number(tick)}</text>'
        )
    parts.append(f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{floor}" y2="{floor}"/>')
    middle_x, middle_y = (LEFT + WIDTH - RIGHT) / 2, (TOP + floor) / 2
    parts.append(
        f'<text class="label" x="{middle_x:.0f}" y="{HEIGHT - 8}" text-anchor="middle">'
        f"{_label(across)}</text>"
        f'<text class="label" transform="translate(14 {middle_y:.0f}) rotate(-90)" text-anchor="middle">'
        f"{_label(up)}</text>"
    )
    return "".join(parts)


def _label(axis: Axis) -> str:
    return escape(f"{axis.label}, {axis.unit}" if axis.unit else axis.label)


def _legend(series: Sequence[Series]) -> str:
    marks = "".join(f'<span class="{line.style}">{escape(line.name)}</span>' for line in series)
    return f'<p class="legend">{marks}</p>'


def _svg(parts: Sequence[str]) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img">{"".join(parts)}</svg>'
