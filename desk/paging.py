"""A long list in pages: which one is shown, and links to the one before and after."""

from dataclasses import dataclass

from desk.lists import PAGE


def page_number(asked: str) -> int:
    """The page that an address asks for; the first where it says nothing that can be read."""
    return max(1, int(asked)) if asked.isdecimal() and len(asked) < 7 else 1


@dataclass(frozen=True, slots=True)
class Paging:
    """A page of a list of so many children, at an address that takes `number`."""

    asked: int
    children: int
    address: str
    size: int = PAGE

    @property
    def last(self) -> int:
        """The number of the last page."""
        return max(1, -(-self.children // self.size))

    @property
    def number(self) -> int:
        """The page shown: the last where a later one is asked for."""
        return min(self.asked, self.last)

    @property
    def begins(self) -> int:
        """How many children stand on the pages before."""
        return (self.number - 1) * self.size

    @property
    def links(self) -> dict[str, object]:
        """As the macro of GOV.UK takes it; empty for a list of one page."""
        if self.last == 1:
            return {}
        before, after = {}, {}
        if self.number > 1:
            before = {"previous": {"href": self._at(self.number - 1)}}
        if self.number < self.last:
            after = {"next": {"href": self._at(self.number + 1)}}
        return {**before, **after, "landmarkLabel": "Pages of this list"}

    def _at(self, number: int) -> str:
        return f"{self.address}{'&' if '?' in self.address else '?'}number={number}"
