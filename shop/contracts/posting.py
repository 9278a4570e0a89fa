"""Papers that go out by mail. A letter may arrive twice, never half: it is noted as sent after the server has taken it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

import structlog
from sqlalchemy import update

from shop.base.db import transaction
from shop.contracts import papers, pdf, queries
from shop.contracts.models import Letter, Withdrawal
from shop.contracts.states import Proof
from shop.orders.queries import order_by_id
from shop.payments import refund_queries

LOG = structlog.get_logger("shop.contracts")
Seller = Mapping[str, Any]
File = tuple[str, bytes, str]


class Post(Protocol):
    """The part of the mail gateway that a letter needs."""

    def send(self, to: str, subject: str, text: str, files: tuple[File, ...] = ()) -> None: ...


def acknowledge(withdrawal_id: int, seller: Seller, post: Post | None, now: datetime) -> None:
    """Send a withdrawal's acknowledgement to the address that came with it. Raises MailNotSent: to be tried again.

    Only where the declaration fits an order: this form is open to everybody, and must not write to whomever a stranger names.
    """
    found = queries.by_id(withdrawal_id)
    if not found.email or found.told_at is not None or found.proof is Proof.NONE:
        return
    if post is None:
        LOG.warning("a withdrawal cannot be acknowledged by mail: SHOP_MAIL_URL is not set", withdrawal=withdrawal_id)
        return
    paper = papers.acknowledgement(found, seller)
    post.send(found.email, _subject(paper), _text(paper), ((f"{paper.number}.pdf", pdf.drawn(paper), "application/pdf"),))
    with transaction() as session:
        session.execute(update(Withdrawal).where(Withdrawal.id == withdrawal_id).values(told_at=now))


def send_letter(letter_id: int, seller: Seller, post: Post | None, now: datetime) -> None:
    """Send an order's confirmation. Raises MailNotSent: to be tried again."""
    letter = queries.letter(letter_id)
    if letter is None or not letter.email or letter.sent_at is not None or post is None:
        return
    order = order_by_id(letter.order_id)
    paper = papers.receipt(order, seller, refund_queries.payments_of(order.id), refund_queries.refunds_of(order.id))
    post.send(letter.email, _subject(paper), _text(paper), ((f"{order.number}.pdf", pdf.drawn(paper), "application/pdf"),))
    with transaction() as session:
        session.execute(update(Letter).where(Letter.id == letter_id).values(sent_at=now))


def _subject(paper: papers.Paper) -> str:
    return f"{paper.title[0]} · {paper.title[1]} · {paper.number}"


def _text(paper: papers.Paper) -> str:
    """The paper in plain text, for whoever opens no files."""
    rows = [*(" / ".join(label) + f": {text}" for label, text in paper.facts), ""]
    rows += [f"{item.quantity} x {item.name[0]} / {item.name[1]}: {item.total}" for item in paper.items]
    rows += [*(" / ".join(label) + f": {text}" for label, text in paper.sums), ""]
    rows += [line for note in paper.notes for line in (*note, "")]
    return "\n".join([" / ".join(paper.title), "", *rows, *paper.sender, ""])
