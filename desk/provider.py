"""Signing in by an OpenID provider: authorization code with PKCE, state and nonce, whatever provider the issuer names.

People are known by issuer and subject. A mail address is none of it: it is given to another when somebody leaves.
"""

from dataclasses import dataclass
from typing import Any, Final

import httpx2
import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.starlette_client import OAuth
from itsdangerous import BadSignature, URLSafeTimedSerializer
from joserfc.errors import JoseError

from service.settings import DeskSettings

SIGNING_SECONDS: Final = 10 * 60
"""From leaving for the provider to coming back (ours: long enough for a second factor)."""
ANSWER_SECONDS: Final = 10
"""For the provider to answer us (ours)."""
log: structlog.stdlib.BoundLogger = structlog.get_logger("desk")


class ProviderFailed(Exception):
    """The provider did not let somebody in, or could not be asked. The text is for that person, and holds no value."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the provider has let in."""

    issuer: str
    subject: str
    person: str
    """What `sign_in` in the directory is compared with."""
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Leaving:
    """Where to send the browser, and what its cookie keeps meanwhile."""

    url: str
    cookie: str


class Provider:
    """The provider that the settings name. Everything raises ProviderFailed."""

    def __init__(self, settings: DeskSettings, keys: list[str], redirect_uri: str) -> None:
        self._settings = settings
        self._redirect_uri = redirect_uri
        self._kept = URLSafeTimedSerializer(keys, salt="desk-signing-in")
        secret = settings.client_secret
        self._client = OAuth().register(
            "provider",
            server_metadata_url=f"{settings.issuer}/.well-known/openid-configuration",
            client_id=settings.client_id,
            client_secret=secret.get_secret_value() if secret else None,
            client_kwargs={
                "scope": settings.scope,
                "code_challenge_method": "S256",
                "timeout": ANSWER_SECONDS,
                "token_endpoint_auth_method": "client_secret_basic" if secret else "none",
            },
        )

    async def leave(self, back: str) -> Leaving:
        """Begin to sign in; afterwards the person wants to go `back`."""
        try:
            going = await self._client.create_authorization_url(self._redirect_uri)
        except (httpx2.HTTPError, RuntimeError, ValueError) as error:
            raise _unreachable(error) from None
        kept = [going["state"], going["nonce"], going["code_verifier"], back]
        return Leaving(going["url"], self._kept.dumps(kept))

    async def come_back(self, cookie: str, code: str, state: str) -> tuple[Identity, str]:
        """Whom the provider let in, and where they wanted to go."""
        nonce, verifier, back = self._left(cookie, state)
        try:
            token = await self._client.fetch_access_token(self._redirect_uri, code=code, code_verifier=verifier)
            claims = await self._client.parse_id_token(token, nonce, self._wanted())
        except (AuthlibBaseError, JoseError) as error:
            log.warning("signing_in_refused", why=type(error).__name__)
            raise ProviderFailed("the provider's answer could not be accepted; try to sign in again") from None
        except (httpx2.HTTPError, RuntimeError, ValueError) as error:
            raise _unreachable(error) from None
        if claims is None:
            raise ProviderFailed("the provider did not say who you are; tell whoever keeps it")
        return self._identity(claims), back

    def _left(self, cookie: str, state: str) -> tuple[str, str, str]:
        """Nonce, verifier and where to go back, of whoever left with this state from this browser."""
        try:
            kept, nonce, verifier, back = self._kept.loads(cookie, max_age=SIGNING_SECONDS)
        except (BadSignature, ValueError):
            raise ProviderFailed("signing in took too long, or began in another browser; try again") from None
        if kept != state:
            raise ProviderFailed("signing in began twice; try again")
        return nonce, verifier, back

    def _wanted(self) -> dict[str, Any]:
        issuer = self._settings.issuer
        return {
            "iss": {"essential": True, "values": [issuer, f"{issuer}/"]},
            "aud": {"essential": True, "value": self._settings.client_id},  # unasked, authlib takes any
        }

    def _identity(self, claims: dict[str, Any]) -> Identity:
        person, roles = claims.get(self._settings.person_claim), claims.get(self._settings.roles_claim, ())
        if not isinstance(person, str) or not person:
            raise ProviderFailed(f"the provider sends no claim {self._settings.person_claim}; tell whoever keeps it")
        listed = roles.split() if isinstance(roles, str) else roles if isinstance(roles, list) else ()
        return Identity(claims["iss"], claims["sub"], person, tuple(one for one in listed if isinstance(one, str)))


def _unreachable(error: Exception) -> ProviderFailed:
    log.error("provider_unreachable", why=type(error).__name__)
    return ProviderFailed("the provider by which you sign in cannot be reached just now; try again in a minute")
