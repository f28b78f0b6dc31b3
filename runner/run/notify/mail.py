"""Mail over SMTP, as HTML and text. Counts only, unless the district asks for values: a mailbox is no place for children's records."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from runner.job.model import Email
from runner.report.headline import headline
from runner.report.model import RunReport
from runner.report.summary import html_mail, html_summary, text_summary

TIMEOUT = 20.0


class SomeRefused(Exception):
    """The server took the mail for some addresses and refused `count` others: sent again, it would reach the good ones twice."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count


def mail_about(report: RunReport, settings: Email, sent_at: float) -> EmailMessage:
    """The message about a run. `sent_at` is in seconds since 1970, UTC."""
    message = _addressed(settings, f"{report.job}: {headline(report).status.lower()}, {report.district_name}", sent_at)
    message.set_content(text_summary(report, detailed=settings.values))
    message.add_alternative(html_summary(report) if settings.values else html_mail(report), subtype="html")
    return message


def test_mail(settings: Email, district_name: str, sent_at: float) -> EmailMessage:
    """A message that only says that mail works."""
    message = _addressed(settings, f"Test from the patron updater of {district_name}", sent_at)
    message.set_content("Mail about scheduled patron updates arrives here. Nothing is to be done.\n")
    return message


def send(message: EmailMessage, settings: Email) -> None:
    """Hands the message to the server, encrypted unless the district says none. Raises OSError, smtplib.SMTPException, SomeRefused."""
    context = ssl.create_default_context()
    if settings.security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(settings.server, settings.port, timeout=TIMEOUT, context=context)
    else:
        server = smtplib.SMTP(settings.server, settings.port, timeout=TIMEOUT)
    with server:
        if settings.security == "starttls":
            server.starttls(context=context)
        if settings.username is not None and settings.password is not None:
            server.login(settings.username, settings.password.reveal())
        refused = server.send_message(message)
    if refused:
        raise SomeRefused(len(refused))


def _addressed(settings: Email, subject: str, sent_at: float) -> EmailMessage:
    message = EmailMessage()
    message["From"] = settings.sender
    message["To"] = ", ".join(settings.to)
    message["Subject"] = " ".join(subject.split())
    message["Date"] = formatdate(sent_at)
    message["Message-ID"] = make_msgid(domain="patron-updater.invalid")
    message["Auto-Submitted"] = "auto-generated"
    return message
