"""A real mail server (aiosmtpd) that can be told to be slow to accept, to refuse, and to die at the worst moment.

For tests and for `make faults`.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, LoginPassword, Session

from service.ports import HOST, own_port

DIES, DROPS = "dies", "drops"


@dataclass
class MailServer:
    """A mail server that does as it is told, and keeps what it has taken.

    `replies` by address: what it says to RCPT, one after the other, then yes. `at_the_text`: the same after DATA,
    where `DIES` takes the mail and cuts the connection instead of answering, and `DROPS` cuts it and takes nothing.
    """

    replies: dict[str, list[str]] = field(default_factory=dict)
    at_the_text: list[str] = field(default_factory=list)
    greeting: str = ""
    password: str | None = None
    port: int = field(default_factory=own_port)
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    connections: int = 0
    slowness: float = 0
    """Seconds from the text to its answer."""

    # What aiosmtpd asks

    async def handle_EHLO(  # noqa: N802 (aiosmtpd's name)
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(  # noqa: N802 (aiosmtpd's name)
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.greeting or "250 OK"

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        replies = self.replies.get(address, [])
        return replies.pop(0) if replies else "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 (aiosmtpd's name)
        await asyncio.sleep(self.slowness)
        reply = self.at_the_text.pop(0) if self.at_the_text else "250 OK"
        if reply in (DIES, "250 OK"):
            assert isinstance(envelope.content, bytes)
            self.mails.append(message_from_bytes(envelope.content, policy=default))
            self.recipients += envelope.rcpt_tos
        if reply in (DIES, DROPS):
            transport: Any = server.transport
            transport.abort()
        return reply

    # Its life

    def __enter__(self) -> "MailServer":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen, at the same port as before."""
        wants: dict[str, Any] = {"auth_required": True, "auth_require_tls": False} if self.password else {}
        self._controller = Controller(
            self, hostname=HOST, port=self.port, authenticator=self._knows, data_size_limit=None, **wants
        )
        self._controller.start()

    def stop(self) -> None:
        """Be gone."""
        self._controller.stop(no_assert=True)

    def _knows(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, given: Any) -> Any:
        from aiosmtpd.smtp import AuthResult

        right = isinstance(given, LoginPassword) and given.password.decode() == self.password
        return AuthResult(success=right, handled=False)

    # What came of it

    def count(self) -> Counter[str]:
        """How many mails each address has."""
        return Counter(self.recipients)
