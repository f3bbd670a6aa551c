"""Putting delivery together from the settings: channels, directory, templates; or saying why it cannot be."""

from collections.abc import Mapping
from dataclasses import dataclass

from delivery.case_now import Cases
from delivery.channels.channel import Channel, ChannelStopped
from delivery.channels.kind import SettingsGroup
from delivery.channels.registry import ChannelName, kind_of
from delivery.delivering import Deliverer
from delivery.digesting import Digests
from delivery.directory import Directory, DirectoryRefused
from delivery.directory_file import DirectoryFile
from delivery.draining import AskJourney, Drain
from delivery.ledger import Ledger
from delivery.links import Links
from delivery.outbox import Outbox
from delivery.people import People
from delivery.proving import NO_READER, proof_reader
from delivery.settings import DeliveryRefused, DeliverySettings
from delivery.telling import Clock, Telling, utc_now
from delivery.writing import TemplateRefused, Writer
from record.store import CaseRecord


@dataclass(frozen=True, slots=True)
class Post:
    """What people are told by: built once, when the service starts, so that what is wrong is said then."""

    settings: DeliverySettings
    channels: Mapping[ChannelName, Channel]
    directory: DirectoryFile | None
    writer: Writer

    @classmethod
    def of(cls, settings: DeliverySettings, groups: Mapping[str, SettingsGroup]) -> "Post":
        """`groups`: the settings of the channels. Raises DeliveryRefused."""
        try:
            kinds = map(kind_of, settings.channels)
            channels = {kind.name: kind.open(groups[kind.group]) for kind in kinds}
            writer = Writer(settings.templates)
            writer.check()
            directory = _directory(settings)
            _check_proof(settings, directory)
            return cls(settings, channels, directory, writer)
        except (ChannelStopped, DirectoryRefused, TemplateRefused) as refused:
            raise DeliveryRefused(str(refused)) from None

    def drain(
        self, record: CaseRecord, titles: Mapping[str, str], links: Links, ask: AskJourney, clock: Clock = utc_now
    ) -> Drain:
        """What drains a record's outbox by these."""
        telling = Telling(Ledger(record.engine), self.channels, self.settings, clock)
        deliverer = Deliverer(record, telling, self._people, self.writer, links, titles)
        return Drain(Outbox(record.engine), deliverer, ask)

    def digests(self, drain: Drain, cases: Cases) -> Digests:
        """What sends digests by the same ways as the messages of a drain."""
        one = drain.deliverer
        return Digests(one.record, one.telling, one.directory, one.writer, one.links, cases)

    def _people(self) -> Directory:
        if self.directory is None:
            raise DeliveryRefused(NO_DIRECTORY)
        return self.directory.current()


NO_DIRECTORY = (
    "a channel is switched on, so PERMANENCE_DELIVERY_DIRECTORY must name the directory of people, "
    "with a fallback who is told where nobody else can be (docs/delivery.md)"
)


def _directory(settings: DeliverySettings) -> DirectoryFile | None:
    if settings.directory is None:
        if settings.channels:
            raise DeliveryRefused(NO_DIRECTORY)
        return None
    return DirectoryFile(settings.directory, settings.channels, settings.mail_domains)


def _check_proof(settings: DeliverySettings, directory: DirectoryFile | None) -> None:
    """Whoever is to read the daily proof must be somebody: said now, not at the first proof. Raises DeliveryRefused."""
    if settings.proof and directory and proof_reader(settings.proof, People(directory.current())) is None:
        raise DeliveryRefused(NO_READER)
