"""That a child has no journey: apart from what looks at one, so that lists need not load it."""


class NoJourney(LookupError):
    """A child has no journey, or one that has taken no event; the text says so."""

    def __init__(self, child: str, text: str | None = None) -> None:
        super().__init__(text or f"no journey is known for {child!r}; `permanence caseload` lists those running")
        self.child = child
