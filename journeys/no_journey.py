"""That a child has no journey, or one that cannot be read: apart from what looks at one; lists need not load that."""

from service.locate import NoService


class NoJourney(LookupError):
    """A child has no journey, or one that has taken no event; the text says so."""

    def __init__(self, child: str, text: str | None = None) -> None:
        super().__init__(text or f"no journey is known for {child!r}; `permanence caseload` lists those running")
        self.child = child


def not_just_now(child: str) -> NoService:
    """What is said of a journey that fails when it is asked: its own text is sealed, or names a line of the program."""
    return NoService(f"the journey of {child!r} cannot be read just now; ask again in a moment")
