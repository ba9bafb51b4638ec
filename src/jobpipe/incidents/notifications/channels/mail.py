"""Mails by SMTP (RFC 5321), STARTTLS (RFC 3207) and message format (RFC 5322)."""

from __future__ import annotations

import smtplib
from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import formatdate

from jobpipe.definition.notifying import MailServer
from jobpipe.incidents.notifications.channels.envelope import ChannelError, Envelope, within
from jobpipe.safety.one_line import one_line
from jobpipe.safety.secrets import expand, process_redactor
from jobpipe.sources.transports.tls import tls_context

_PORTS = {"starttls": 587, "tls": 465, "none": 25}


class MailChannel:
    def __init__(self, server: MailServer, environ: Mapping[str, str]) -> None:
        self._server = server
        self._host = expand(server.host, environ)
        self._user = expand(server.user, environ, process_redactor)
        self._password = expand(server.password, environ, process_redactor)

    def __call__(self, envelope: Envelope) -> None:
        message = mail_of(envelope, self._server.from_)
        try:
            within(2 * self._server.timeout, lambda: self._send(message))
        except smtplib.SMTPRecipientsRefused as error:
            said = "; ".join(f"{to}: {code} {_text(why)}" for to, (code, why) in error.recipients.items())
            raise ChannelError(f"{self._host} refuses the address: {said}") from error
        except smtplib.SMTPResponseException as error:
            raise ChannelError(f"{self._host} says: {error.smtp_code} {_text(error.smtp_error)}") from error
        except (smtplib.SMTPException, OSError) as error:
            raise ChannelError(f"{self._host} cannot be reached: {error}") from error

    def _send(self, message: EmailMessage) -> None:
        server = self._server
        port = server.port or _PORTS[server.security]
        with self._connected(port) as client:
            if server.security == "starttls":
                client.starttls(context=tls_context())
            if self._user:
                client.login(self._user, self._password)
            client.send_message(message)

    def _connected(self, port: int) -> smtplib.SMTP:
        timeout = self._server.timeout
        if self._server.security == "tls":
            return smtplib.SMTP_SSL(self._host, port, timeout=timeout, context=tls_context())
        return smtplib.SMTP(self._host, port, timeout=timeout)


def mail_of(envelope: Envelope, sender: str) -> EmailMessage:
    """What comes from sources stands in one line where a line break would begin another header."""
    message = EmailMessage()
    message["Subject"] = one_line(envelope.subject, 200)
    message["From"] = sender
    message["To"] = ", ".join(envelope.to)
    message["Date"] = formatdate(usegmt=True)
    message["Message-ID"] = f"<{envelope.message_id}>"
    # No answer by machines to a machine (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(envelope.text)
    if envelope.html:
        message.add_alternative(envelope.html, subtype="html")
    for one in envelope.attachments:
        main, _, sub = one["type"].partition("/")
        data = one["text"].encode("utf-8")
        message.add_attachment(data, maintype=main, subtype=sub, filename=one["name"])
    return message


def _text(said: bytes | str) -> str:
    return one_line(said.decode("utf-8", "replace") if isinstance(said, bytes) else said)
