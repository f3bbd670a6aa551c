"""The links in messages, as the settings have them."""

from delivery.links import Links
from delivery.tokens import Tokens
from service.settings import Settings


def links_of(settings: Settings, namespace: str = "default") -> Links:
    """Links to journeys; and to the intake service, if the settings say where people reach it."""
    if settings.links.url is None:
        return Links(settings.delivery.ui_url, namespace)
    return Links(settings.delivery.ui_url, namespace, settings.links.url, Tokens(settings.link_keys))
