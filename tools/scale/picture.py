"""The picture of the lines: a small chart for each, its points, its line, and what the line says."""

from html import escape
from typing import Final, NamedTuple

from tools.scale.lines import Line

WIDTH, HEIGHT, ACROSS = 300, 190, 3
LEFT, TOP, RIGHT, BELOW = 48, 34, 12, 34


class Chart(NamedTuple):
    """A line with its names: what it is of, the unit upwards, what is counted across."""

    title: str
    unit: str
    of: str
    line: Line


def svg(charts: list[Chart], says: str) -> str:
    """All charts in one picture. `says`: it in a sentence, for who cannot see it."""
    rows = -(-len(charts) // ACROSS)
    width, height = ACROSS * WIDTH, rows * HEIGHT
    drawn = "\n".join(
        f'<g transform="translate({number % ACROSS * WIDTH} {number // ACROSS * HEIGHT})">\n{_chart(chart)}\n</g>'
        for number, chart in enumerate(charts)
    )
    size, label = f"0 0 {width} {height}", escape(says)
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="{size}" role="img" aria-label="{label}"
 font-family="sans-serif" font-size="11" fill="#0b0c0c">
<title>{label}</title>
<rect width="{width}" height="{height}" fill="#ffffff"/>
{drawn}
</svg>
"""


NICE: Final = (1.0, 2.0, 2.5, 5.0, 10.0)


def _chart(chart: Chart) -> str:
    far = max((x for x, _ in chart.line.points), default=1.0)
    high = _round_up(max([chart.line.at(far), *(y for _, y in chart.line.points)], default=1.0) or 1.0)
    base, across, up = HEIGHT - BELOW, WIDTH - LEFT - RIGHT, HEIGHT - TOP - BELOW

    def at(x: float, y: float) -> tuple[float, float]:
        return round(LEFT + across * x / far, 1), round(base - up * y / high, 1)

    (x1, y1), (x2, y2) = at(0, chart.line.at(0)), at(far, chart.line.at(far))
    marks = [(at(x, y), x) for x, y in chart.line.points]
    return "\n".join(
        [
            f'<text x="8" y="16" font-weight="bold">{escape(chart.title)}, {escape(chart.unit)}</text>',
            f'<path d="M{LEFT} {TOP}V{base}H{WIDTH - RIGHT}" fill="none" stroke="#505a5f"/>',
            f'<text x="{LEFT - 5}" y="{TOP + 4}" text-anchor="end">{high:,g}</text>',
            f'<text x="{LEFT - 5}" y="{base}" text-anchor="end">0</text>',
            f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="#1d70b8" stroke-width="1.5"/>',
            *(f'<circle cx="{x}" cy="{y}" r="3.5"/>' for (x, y), _ in marks),
            f'<text x="{WIDTH - RIGHT}" y="{base + 14}" text-anchor="end">{far:,.0f} {escape(chart.of)}</text>',
        ]
    )


def _round_up(value: float) -> float:
    """The next number that is easily read: 7.3 is under 10, 1,300 under 2,000."""
    power = 1.0
    while power * 10 <= value:
        power *= 10
    while power > value:
        power /= 10
    return next(power * nice for nice in NICE if power * nice >= value)
