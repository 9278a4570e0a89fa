"""Papers by mail: to whom, with what, once, and never to somebody whom a stranger named."""

import builders
import pytest
from builders import NOW
from contracts.pdf_text import text_of
from exports.conftest import MailServer, mail_server
from flask import Flask

from shop.contracts import commands, posting, queries
from shop.contracts.commands import Declaration
from shop.gateways.mail import Mail, MailNotSent

__all__ = ["mail_server"]
pytestmark = pytest.mark.usefixtures("app")


def received(name: str, email: str = "li@example.com") -> int:
    order = builders.a_paid_order()
    return queries.by_token(commands.withdraw(Declaration(key="k", number=order.number, name=name, email=email), 14, NOW)).id


def test_an_acknowledgement_goes_once_with_date_time_and_a_file(mail_server: MailServer, seller: dict[str, object]) -> None:
    withdrawal_id, post = received("WANG XIAOMING"), Mail(mail_server.url, "shop@example.com")

    posting.acknowledge(withdrawal_id, seller, post, NOW)
    posting.acknowledge(withdrawal_id, seller, post, NOW)

    [(to, letter)] = mail_server.letters
    assert to == ["<li@example.com>"]
    assert "撤回声明收讫确认" in letter["Subject"]
    body = letter.get_body(("plain",))
    assert body is not None
    assert "2026-11-24 09:00:00 CET" in body.get_content()
    [file] = letter.iter_attachments()
    assert "撤回声明收讫确认" in text_of(file.get_content())
    assert queries.by_id(withdrawal_id).told_at == NOW


def test_a_stranger_cannot_have_us_write_to_somebody(mail_server: MailServer, seller: dict[str, object]) -> None:
    withdrawal_id = received("NOT THE NAME", "victim@example.com")

    posting.acknowledge(withdrawal_id, seller, Mail(mail_server.url, "shop@example.com"), NOW)

    assert not mail_server.letters
    assert queries.by_id(withdrawal_id).told_at is None


def test_a_server_that_takes_nothing_is_asked_again(mail_server: MailServer, seller: dict[str, object]) -> None:
    withdrawal_id, post = received("WANG XIAOMING"), Mail(mail_server.url, "shop@example.com")
    mail_server.answer_to_recipients = (450, "later")

    with pytest.raises(MailNotSent):
        posting.acknowledge(withdrawal_id, seller, post, NOW)

    assert queries.by_id(withdrawal_id).told_at is None
    mail_server.answer_to_recipients = (250, "fine")
    posting.acknowledge(withdrawal_id, seller, post, NOW)
    assert len(mail_server.letters) == 1


def test_without_a_mail_server_nothing_is_sent_and_nothing_fails(app: Flask, seller: dict[str, object]) -> None:
    withdrawal_id = received("WANG XIAOMING")

    posting.acknowledge(withdrawal_id, seller, None, NOW)

    assert queries.by_id(withdrawal_id).told_at is None


def test_a_confirmation_goes_to_its_traveller(mail_server: MailServer, seller: dict[str, object]) -> None:
    order = builders.a_paid_order()
    commands.ask_letter(order.number, order.traveller_id, "wang@example.com", "zh", NOW)
    [(_, letter_id)] = builders.announced("letter.asked")

    posting.send_letter(letter_id, seller, Mail(mail_server.url, "shop@example.com"), NOW)
    posting.send_letter(letter_id, seller, Mail(mail_server.url, "shop@example.com"), NOW)

    [(to, letter)] = mail_server.letters
    assert (to, order.number in letter["Subject"]) == (["<wang@example.com>"], True)
    [file] = letter.iter_attachments()
    assert file.get_filename() == f"{order.number}.pdf"
    assert order.number in text_of(file.get_content())
