"""Why a page is not shown. Each becomes a page of its own (desk/app.py)."""


class SignInFirst(Exception):
    """Nobody is signed in, or not any more; `back` is where they wanted to go."""

    def __init__(self, back: str, *, kept: bool = False) -> None:
        super().__init__("sign in first")
        self.back = back
        self.kept = kept


class NotHere(Exception):
    """No such page or child, for this person: the two are not told apart."""


class NotTheirs(Exception):
    """A page for others than this person. The text says for whom."""


class SentAgain(Exception):
    """A form of an older session, kept as a draft: the form is shown again, to be looked at and sent."""

    def __init__(self, back: str) -> None:
        super().__init__("looked at and sent again")
        self.back = back
