"""What was measured, as it is kept in a file: the page is made from that."""

from pydantic import BaseModel, ConfigDict, Field


class Point(BaseModel):
    """One thing measured at one size.

    `size`: children, or whatever `of` says. `clock`: seconds. `processor`: seconds, by kind of process. `counts`: all
    else, in the unit that its name ends with.
    """

    model_config = ConfigDict(frozen=True)

    what: str
    size: int
    of: str = "children"
    clock: float = 0.0
    processor: dict[str, float] = Field(default_factory=dict)
    counts: dict[str, float] = Field(default_factory=dict)

    @property
    def work(self) -> float:
        """Seconds of processor of all processes together."""
        return sum(self.processor.values())


class ScaleRun(BaseModel):
    """A whole run, or as much of it as there is: each size is added when it has been measured."""

    day: str
    machine: str
    sizes: list[int]
    busy: float
    """Processes that wanted a processor, on average, beside it and in it (the system's load average at the end)."""
    kept: int | None = None
    """Journeys that all workers together keep in memory; the others replay when they wake. None: all."""
    points: list[Point] = Field(default_factory=list)

    def of(self, what: str) -> list[Point]:
        """The points of one thing, by size."""
        return sorted((point for point in self.points if point.what == what), key=lambda point: point.size)
