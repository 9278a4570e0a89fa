"""Letters by SMTP."""

import smtplib
import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import make_msgid
from urllib.parse import parse_qs, unquote, urlsplit

from shop.base.db import holds_connection
from shop.base.errors import Kind, ShopError
from shop.base.http import NetworkInsideTransaction

SECONDS = 15.0
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
File = tuple[str, bytes, str]


class MailNotSent(ShopError):
    """The server could not be reached, or would not take the letter: another try may help.

    `maybe_sent`: the answer is missing, so the letter may have gone out. `refused`: the server will not take it for this address.
    """

    kind, code = Kind.UPSTREAM, "mail_not_sent"

    def __init__(self, reason: str, *, maybe_sent: bool = False, refused: bool = False) -> None:
        super().__init__(reason=reason)
        self.maybe_sent, self.refused = maybe_sent, refused


class Mail:
    """One mail server. `url` is `smtp://user:password@host:587` (STARTTLS) or `smtps://host:465`; on the same machine, and with
    `?tls=no`, it is spoken to in clear."""

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        self._host, self._sender = str(parts.hostname), sender
        self._at_once = parts.scheme == "smtps"
        self._port = parts.port or (465 if self._at_once else 587)
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._in_clear = parse_qs(parts.query).get("tls") == ["no"] or self._host in LOOPBACK

    def send(self, to: str, subject: str, text: str, files: Sequence[File] = ()) -> None:
        """Hand a letter to the server, once, with files (name, bytes, type) beside it. Raises MailNotSent."""
        if holds_connection():
            raise NetworkInsideTransaction(self._host)
        letter = EmailMessage()
        letter["From"], letter["To"], letter["Subject"] = self._sender, to, subject
        letter["Message-ID"] = make_msgid(domain=self._sender.rpartition("@")[2].strip(" >"))
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(text)
        for name, data, mimetype in files:
            kind, _, form = mimetype.partition("/")
            letter.add_attachment(data, maintype=kind, subtype=form, filename=name)
        began = done = False
        try:
            with self._open() as server:
                if self._user:
                    server.login(self._user, self._password)
                began = True
                server.send_message(letter)
                done = True
        except smtplib.SMTPRecipientsRefused as fault:
            for_good = all(code >= 500 for code, _ in fault.recipients.values())
            raise MailNotSent(type(fault).__name__, refused=for_good) from fault
        except (smtplib.SMTPException, OSError) as fault:
            if done:  # the server took it, and then did not say goodbye
                return
            said = isinstance(fault, smtplib.SMTPResponseException | smtplib.SMTPSenderRefused)
            raise MailNotSent(type(fault).__name__, maybe_sent=began and not said) from fault

    def _open(self) -> smtplib.SMTP:
        if self._at_once:
            return smtplib.SMTP_SSL(self._host, self._port, timeout=SECONDS, context=ssl.create_default_context())
        server = smtplib.SMTP(self._host, self._port, timeout=SECONDS)
        if not self._in_clear:
            server.starttls(context=ssl.create_default_context())
        return server
