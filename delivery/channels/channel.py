"""What a channel is: one small interface, and the five ways in which a message may not have gone.

    AddressRefused   this address will not take it: the next one is tried
    NotNow           this address may take it later: tried again, with longer and longer waits
    ChannelDown      nothing goes by this channel just now: everything waits for it, and nothing is given up
    ChannelStopped   nothing will, until a person mends something: everything waits, and that is shown
    Unsure           it may have gone, and nobody knows

The words of a failure are shown to people and kept: codes and our own words, nothing personal, and nothing that a
server said.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, Protocol, runtime_checkable

from delivery.message import Written

AfterDoubt = Literal["resend", "leave"]
"""What is done about a message that may have gone. `resend`: it goes again, by a key that tells whether it has: an
`Askable` provider is asked first, a receiver takes it once. `leave`: nobody can tell, so it stays uncertain, and shown.
"""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message on its way to one address. `id` is our idempotency key, the same however often it is tried."""

    id: str
    address: str
    written: Written


class NotSent(Exception):
    """A message did not go. `error` is a short class for the ledger, `words` say it to people."""

    def __init__(self, error: str, words: str) -> None:
        super().__init__(words)
        self.error = error
        self.words = words


class AddressRefused(NotSent):
    """This address takes no such message."""


class NotNow(NotSent):
    """This address may take it later."""


class ChannelDown(NotSent):
    """The channel cannot be reached, or takes nothing just now."""


class ChannelStopped(NotSent):
    """The channel takes nothing of ours until a person mends something."""


class Unsure(NotSent):
    """It may have gone."""


FAULT: Final = "fault: "
"""What the class of an error of our own begins with, in the ledger."""


class Fault(NotNow):
    """An error of our own, in preparing or sending it: tried a few times, then the address counts as one that fails."""

    def __init__(self, error: Exception, words: str | None = None) -> None:
        kind = type(error).__name__
        super().__init__(f"{FAULT}{kind}", words or f"it could not be prepared or sent: an error of ours ({kind})")


class Channel(Protocol):
    """A way to tell people. Safe to share among threads."""

    @property
    def name(self) -> str: ...

    @property
    def after_doubt(self) -> AfterDoubt: ...

    def send(self, parcel: Parcel, before: Callable[[], None]) -> str:
        """Send it; the provider's reference. Raises NotSent.

        `before` is called right before the step that cannot be taken back, and what it raises is passed on: so an
        attempt is on record before it can have had an effect, and what fails earlier is no doubt.
        """

    def never_arrived(self) -> Mapping[str, str]:
        """By the provider's references, its words for what it had taken and could not deliver. Raises NotSent.

        Empty where a provider does not say.
        """

    def rest(self) -> None:
        """Let go of connections: nothing is to be sent for a while."""


@runtime_checkable
class Askable(Protocol):
    """A channel whose provider can be asked, by our key, what it has."""

    def find(self, parcel_id: str) -> str | None:
        """The provider's reference of a parcel that it has already, None if it has not. Raises NotSent."""
