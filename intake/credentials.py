"""Who may call: names with roles, bearer tokens kept as hashes, and secrets of webhooks (docs/intake.md)."""

import base64
import hashlib
import hmac
import os
import secrets
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

import tomlkit
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from standardwebhooks import Webhook, WebhookVerificationError

from delivery.secret_files import NotOurs, read_secret

Role = Literal["events:write", "inbox:read", "metrics:read"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
TOKEN_PREFIX: Final = "pmn_"  # noqa: S105 (what every token begins with)
"""So that scanners of logs and repositories can tell a token of ours."""

NAME: Final = r"^[a-z0-9][a-z0-9._-]{0,63}$"


class CredentialsUnreadable(Exception):
    """The file of credentials cannot be used; the text says where and why, and holds no secret."""


class CredentialExists(ValueError):
    """A credential of that name is there already."""


class Credential(BaseModel):
    """What one caller may do and how it is known. Several tokens or secrets stand side by side while one is renewed."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    roles: list[Role] = Field(min_length=1)
    token_hashes: list[str] = Field(default_factory=list, description="SHA-256 of bearer tokens, in hex")
    secrets: list[str] = Field(default_factory=list, description="of Standard Webhooks, whsec_...", repr=False)
    secret_files: list[Path] = Field(default_factory=list, description="files that hold one secret each")

    def webhook_secrets(self) -> Iterator[str]:
        """The secrets to try. Raises OSError."""
        yield from self.secrets
        for path in self.secret_files:
            yield read_secret(path).strip()


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, by the credential that was shown."""

    name: str
    roles: frozenset[Role]


class Credentials:
    """The credentials in a file, read again when it changes, so that one is renewed without a restart."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: tuple[int, int] | None = None
        self._known: dict[str, Credential] = {}

    def known(self) -> dict[str, Credential]:
        """All credentials by name. Raises CredentialsUnreadable."""
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise CredentialsUnreadable(f"{self.path} cannot be read: {error.strerror}") from None
        if self._read != (status.st_mtime_ns, status.st_size):
            self._known = _load(self.path)
            self._read = (status.st_mtime_ns, status.st_size)
        return self._known

    def by_token(self, token: str) -> Caller | None:
        """Whose a bearer token is. Every hash is compared, in constant time."""
        shown, caller = _hash(token), None
        for name, credential in self.known().items():
            for kept in credential.token_hashes:
                if hmac.compare_digest(kept, shown):
                    caller = Caller(name, frozenset(credential.roles))
        return caller

    def by_signature(self, body: bytes, headers: Mapping[str, str]) -> Caller | None:
        """Whose secret signed a body, by the Standard Webhooks scheme; None if none, or more than 5 minutes ago."""
        for name, credential in self.known().items():
            try:
                for secret in credential.webhook_secrets():
                    # What is no base64 or no UTF-8 at all raises ValueError.
                    with suppress(WebhookVerificationError, ValueError):
                        Webhook(secret).verify(body, dict(headers), json_parse=False)
                        return Caller(name, frozenset(credential.roles))
            except NotOurs as not_ours:
                raise CredentialsUnreadable(str(not_ours)) from None
            except OSError as error:
                raise CredentialsUnreadable(f"a secret file of {name} cannot be read: {error.strerror}") from None
        return None

    def add(self, name: str, roles: list[Role], *, signing: bool, renew: bool = False) -> str:
        """Add a credential, or another token or secret to one; the token or secret, which is told this once.

        Raises CredentialExists, CredentialsUnreadable.
        """
        known = self.known()
        if name in known and not renew:
            raise CredentialExists(f"a credential {name} is there already; accepted: another name, or --renew")
        old = known.get(name) or Credential(roles=roles)
        if signing:
            secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
            new = old.model_copy(update={"secrets": [*old.secrets, secret]})
        else:
            secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
            new = old.model_copy(update={"token_hashes": [*old.token_hashes, _hash(secret)]})
        _save(self.path, name, new)
        return secret


def _load(path: Path) -> dict[str, Credential]:
    try:
        return TypeAdapter(dict[str, Credential]).validate_python(tomllib.loads(read_secret(path)))
    except NotOurs as not_ours:
        raise CredentialsUnreadable(str(not_ours)) from None
    except ValidationError as error:
        wrong = sorted({".".join(map(str, problem["loc"][:2])) for problem in error.errors(include_input=False)})
        raise CredentialsUnreadable(f"{path}: {', '.join(wrong)} cannot be used (docs/intake.md)") from None
    except (OSError, ValueError):
        raise CredentialsUnreadable(f"{path} cannot be read as TOML") from None


def _save(path: Path, name: str, credential: Credential) -> None:
    """Write one credential into the file, which only its owner may read; comments in it stay."""
    document = tomlkit.parse(path.read_text("utf-8")) if path.exists() else tomlkit.document()
    document[name] = credential.model_dump(mode="json", exclude_defaults=True)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)  # what a killed program left, or a link that somebody laid there
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(tomlkit.dumps(document))
    beside.replace(path)


def _hash(token: str) -> str:
    """A token is 256 random bits, which no one guesses however fast the hash."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
