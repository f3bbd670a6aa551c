"""Mail by SMTP (RFC 5321).

A server answers for each recipient before it takes the text, so refusals and greylisting are known early. Only between
the text and its answer is there a doubt, and then nobody can be asked: such a message stays uncertain.
"""

import re
import smtplib
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as MAIL_FORMAT
from email.utils import format_datetime, localtime
from threading import Lock
from typing import Final, Literal

from pydantic import Field, SecretStr

from delivery.addresses import AddressInvalid, mail_address, sender_address
from delivery.channels.channel import AddressRefused, ChannelDown, ChannelStopped, NotNow, NotSent, Parcel, Unsure
from delivery.channels.kind import ChannelKind, SettingsGroup

AUTHENTICATION_WANTED: Final = 530
"""A reply that is about the connection, if it answers who the mail is from (RFC 4954 6)."""


class SmtpSettings(SettingsGroup):
    """A mail server, and who the mail is from."""

    host: str = "localhost"
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    """`starttls` upgrades and refuses to go on without; `tls` from the first byte (port 465); `none` for a relay on
    a network of one's own."""
    username: str | None = None
    password: SecretStr | None = None
    sender: str | None = None
    """The address the mail is from; bounces come back to it."""
    timeout: float = Field(default=30, gt=0)
    """Seconds for a connection or an answer (ours: RFC 5321 allows minutes, but a whole queue waits behind one)."""


class SmtpChannel:
    """A mail server. Connections are kept and used again until there is a rest."""

    name: Final = "smtp"
    after_doubt: Final = "leave"

    def __init__(self, settings: SmtpSettings) -> None:
        """Raises ChannelStopped if nobody is named as the sender."""
        try:
            name, self._sender = sender_address(settings.sender or "")
        except AddressInvalid as invalid:
            raise ChannelStopped(
                "no_sender", f"PERMANENCE_SMTP_SENDER must be the address that mail is from: {invalid}"
            ) from None
        self._from = Address(name, addr_spec=self._sender)
        self._settings = settings
        self._idle: list[smtplib.SMTP] = []
        self._lock = Lock()

    def send(self, parcel: Parcel, before: Callable[[], None]) -> str:
        """Send one mail; its Message-ID."""
        mail = self._mail(parcel)
        text = re.sub(rb"(?m)^\.", b"..", mail.as_bytes())
        with self._connection() as server:
            with _nothing_sent_yet():
                _check_sender(*server.mail(self._sender))
            with _of_this_mail_alone():
                _check(*server.rcpt(parcel.address))
                _check(*server.docmd("DATA"), going_on=354)
            before()
            _transmit(server, text)
        return str(mail["Message-ID"])

    def never_arrived(self) -> Mapping[str, str]:
        """Bounces come by mail, to the sender: `permanence outbox bounced` takes them."""
        return {}

    def rest(self) -> None:
        """Close the connections."""
        with self._lock:
            idle, self._idle = self._idle, []
        for server in idle:
            _quit(server)

    def _mail(self, parcel: Parcel) -> EmailMessage:
        mail = EmailMessage(policy=MAIL_FORMAT.clone(cte_type="7bit"))  # not every server takes eight bits
        mail["From"] = self._from
        mail["To"] = Address(addr_spec=parcel.address)  # one address: a text would be read as a list of them
        mail["Subject"] = parcel.written.subject
        mail["Date"] = format_datetime(localtime())
        mail["Message-ID"] = f"<{parcel.id}@{self._sender.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answer is wanted from a holiday responder
        mail.set_content(parcel.written.text)
        if parcel.written.html is not None:
            mail.add_alternative(parcel.written.html, subtype="html")
        return mail

    # Connections

    @contextmanager
    def _connection(self) -> Iterator[smtplib.SMTP]:
        """A connection ready for a mail; kept for the next one unless something went wrong with it."""
        server = self._kept() or self._connect()
        try:
            yield server
        except (AddressRefused, NotNow):
            self._keep(server)
            raise
        except BaseException:
            server.close()
            raise
        self._keep(server)

    def _kept(self) -> smtplib.SMTP | None:
        """A connection used before, if the server has not closed it since."""
        while True:
            with self._lock:
                if not self._idle:
                    return None
                server = self._idle.pop()
            try:
                if server.rset()[0] == 250:
                    return server
            except (OSError, smtplib.SMTPException):
                pass
            server.close()

    def _keep(self, server: smtplib.SMTP) -> None:
        with self._lock:
            self._idle.append(server)

    def _connect(self) -> smtplib.SMTP:
        with _nothing_sent_yet():
            settings = self._settings
            if settings.security == "tls":
                context = ssl.create_default_context()
                server: smtplib.SMTP = smtplib.SMTP_SSL(
                    settings.host, settings.port, timeout=settings.timeout, context=context
                )
            else:
                server = smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout)
            try:
                self._greet(server)
            except BaseException:
                server.close()
                raise
            return server

    def _greet(self, server: smtplib.SMTP) -> None:
        server.ehlo_or_helo_if_needed()
        if self._settings.security == "starttls":
            server.starttls(context=ssl.create_default_context())
        if self._settings.username is not None:
            password = self._settings.password.get_secret_value() if self._settings.password else ""
            server.login(self._settings.username, password)


def _transmit(server: smtplib.SMTP, text: bytes) -> None:
    """The text and its answer. From the first byte on a broken connection leaves a doubt."""
    try:
        server.send(text + b"\r\n.\r\n")
        code, _ = server.getreply()
    except (OSError, smtplib.SMTPException) as error:
        raise Unsure("no_answer", f"the mail server took the text and gave no answer ({_kind(error)})") from None
    _check(code, b"")


def _check(code: int, _said: bytes, going_on: int = 0) -> None:
    """Whether a reply lets the mail go on. Raises by its class.

    Whatever is said of one address or text stands for it alone, 421 and 530 too: were the whole channel stopped by it,
    everything would wait behind one mail that is refused so whenever it is tried. A server that is truly closing or
    wants us to log in tells the next mail so, before it hears of an address.
    """
    if code == going_on or (not going_on and 200 <= code < 300):
        return
    if 400 <= code < 500:
        raise NotNow(str(code), f"the mail server says: later (reply {code})")
    raise AddressRefused(str(code), f"the mail server refuses it for this address (reply {code})")


def _check_sender(code: int, said: bytes) -> None:
    """The same for what is said of us, the sender: it goes for every mail."""
    if code == AUTHENTICATION_WANTED:
        raise ChannelStopped(str(code), f"the mail server wants us to log in (reply {code})")
    try:
        _check(code, said)
    except NotNow as later:
        raise ChannelDown(later.error, f"the mail server takes nothing from us just now (reply {code})") from None
    except AddressRefused as refused:
        raise ChannelStopped(refused.error, f"the mail server takes nothing from our address (reply {code})") from None


@contextmanager
def _nothing_sent_yet() -> Iterator[None]:
    """Before the text is sent, whatever breaks is the channel's trouble and leaves no doubt."""
    try:
        yield
    except NotSent:
        raise
    except smtplib.SMTPAuthenticationError as error:
        if 400 <= error.smtp_code < 500:
            raise ChannelDown(str(error.smtp_code), "the mail server cannot check our password just now") from None
        raise ChannelStopped(str(error.smtp_code), "the mail server refuses our user name or password") from None
    except smtplib.SMTPNotSupportedError:
        raise ChannelStopped(
            "not_supported", "the mail server cannot do what the settings ask: TLS, or a log-in"
        ) from None
    except ssl.SSLCertVerificationError:
        raise ChannelStopped("certificate", "the mail server's certificate is not to be trusted") from None
    except (OSError, smtplib.SMTPException) as error:
        raise ChannelDown(_kind(error), f"the mail server cannot be reached ({_kind(error)})") from None


@contextmanager
def _of_this_mail_alone() -> Iterator[None]:
    """A connection that breaks off at an address may do so each time: it is the address that is tried again later."""
    try:
        yield
    except (OSError, smtplib.SMTPException) as error:
        raise NotNow(_kind(error), f"the mail server broke off at this address ({_kind(error)})") from None


def _kind(error: Exception) -> str:
    """What kind of error it is; its own text may quote an address."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"reply {error.smtp_code}"
    return (isinstance(error, OSError) and error.strerror) or type(error).__name__


def _quit(server: smtplib.SMTP) -> None:
    try:
        server.quit()
    except (OSError, smtplib.SMTPException):
        server.close()


KIND: Final = ChannelKind("smtp", "smtp", SmtpSettings, "email", mail_address, SmtpChannel)
