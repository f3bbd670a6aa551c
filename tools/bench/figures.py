"""A figure: measured for a journey and, where it is a comparison, for the bare workflow in the same run."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any, Literal

Tell = Callable[[str], None]
"""Hears what is being done, for whoever waits."""


@dataclass(frozen=True, slots=True)
class Aim:
    """What a figure should reach: at least, or less than."""

    sense: Literal["at least", "under"]
    value: float
    of_bare: bool = False
    """Whether it is the ratio to the bare workflow that should reach it."""

    def reached(self, figure: float) -> bool:
        return figure >= self.value if self.sense == "at least" else figure < self.value

    def __str__(self) -> str:
        return f"{self.sense} {self.value:,g}{' of bare' if self.of_bare else ''}"


@dataclass(slots=True)
class Figure:
    """One figure: every repetition's value, the median of which counts; and what it consists of."""

    name: str
    unit: str
    ours: list[float]
    bare: list[float] = field(default_factory=list)
    aim: Aim | None = None
    about: str = ""
    parts: dict[str, dict[str, float]] = field(default_factory=dict)

    @property
    def value(self) -> float:
        return median(self.ours)

    @property
    def ratio(self) -> float | None:
        """The median of the ratios of rounds measured one after the other."""
        pairs = [ours / bare for ours, bare in zip(self.ours, self.bare, strict=False) if bare]
        return median(pairs) if pairs else None

    @property
    def ok(self) -> bool | None:
        if self.aim is None:
            return None
        compared = self.ratio if self.aim.of_bare else self.value
        return compared is not None and self.aim.reached(compared)

    def data(self) -> dict[str, Any]:
        """The figure as JSON holds it."""
        return {
            **asdict(self),
            "aim": str(self.aim) if self.aim else None,
            "median": self.value,
            "median_bare": median(self.bare) if self.bare else None,
            "ratio": self.ratio,
            "repetitions": len(self.ours),
            "ok": self.ok,
        }


def largest(counts: dict[str, float], shown: int = 12) -> dict[str, float]:
    """The largest of some counts, the rest in one."""
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    rest = sum(count for _, count in ordered[shown:])
    return dict(ordered[:shown]) | ({"the rest": rest} if rest else {})


def all_reached(figures: Sequence[Figure]) -> bool:
    """Whether no figure misses its aim."""
    return all(figure.ok is not False for figure in figures)
