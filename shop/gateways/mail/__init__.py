"""The operator's mail server: short letters to staff, by SMTP."""

from shop.gateways.mail.client import Mail, MailNotSent

__all__ = ["Mail", "MailNotSent"]
