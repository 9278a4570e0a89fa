"""Answers in the chat: customer-service messages.

Official Account, customer-service messages: up to 2,048 bytes, only inside the window that something of theirs has opened.
There is no id by which WeChat would know the same message again, so it is never sent twice by itself.
"""

from shop.gateways.official_account.client import OfficialAccount


def send_text(account: OfficialAccount, openid: str, text: str) -> None:
    """Say something in the chat. Raises OutsideWindow, CountUsedUp, and any other AccountError."""
    account.call("/cgi-bin/message/custom/send", {"touser": openid, "msgtype": "text", "text": {"content": text}}, again=False)
