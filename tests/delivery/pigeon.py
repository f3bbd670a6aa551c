"""A channel that nobody has thought of: a pigeon, which flies to a loft. All of it is in this one file."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from delivery.addresses import AddressInvalid
from delivery.channels.channel import AfterDoubt, Parcel
from delivery.channels.kind import ChannelKind, SettingsGroup


class PigeonSettings(SettingsGroup):
    lofts: Path = Path()


class Pigeon:
    name: Final = "pigeon"
    after_doubt: Final[AfterDoubt] = "leave"

    def __init__(self, settings: PigeonSettings) -> None:
        self._lofts = settings.lofts

    def send(self, parcel: Parcel, before: Callable[[], None]) -> str:
        before()
        (self._lofts / parcel.address).write_text(parcel.written.text, "utf-8")
        return f"ring-{parcel.address}"

    def never_arrived(self) -> Mapping[str, str]:
        return {}

    def rest(self) -> None: ...


def loft(text: str) -> str:
    if not text.startswith("loft-"):
        raise AddressInvalid("no loft; accepted: one like loft-3")
    return text


KIND = ChannelKind("pigeon", "pigeon", PigeonSettings, "loft", loft, Pigeon)
