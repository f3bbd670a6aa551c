"""What the commands that need the service begin with: its settings."""

from cli.errors import Refused
from service.settings import Settings, SettingsRefused, settings_of_environment


def settings() -> Settings:
    """The settings of the environment. Raises Refused naming the variable that is wrong."""
    try:
        return settings_of_environment()
    except SettingsRefused as refused:
        raise Refused(str(refused)) from None
