"""The directory of the service here, for commands that say what people are called."""

from cli.errors import Refused
from delivery.directory import Directory, DirectoryRefused
from delivery.directory_file import DirectoryFile
from service.settings import Settings


def directory_here(here: Settings) -> Directory | None:
    """The directory as it stands; None where the settings name none. Raises Refused."""
    try:
        return DirectoryFile(here.delivery.directory).current() if here.delivery.directory else None
    except DirectoryRefused as refused:
        raise Refused(str(refused)) from None
