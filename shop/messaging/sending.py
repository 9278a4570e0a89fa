"""Messages on their way: one at a time, written down before each call, so that whoever stops in between is found out.

At most once: a call whose answer is lost is repeated only where WeChat keeps the two apart (`client_msg_id` of a template message,
for ten minutes); everything else is then `unknown`, and a person decides.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import select, update

from shop.base.db import changed, reading, transaction
from shop.gateways import official_account
from shop.gateways.mail import MailNotSent
from shop.gateways.official_account import (
    AccountError,
    AccountMisconfigured,
    AccountUnavailable,
    IpNotAllowed,
    OfficialAccount,
    QuotaUsedUp,
    TokenRejected,
)
from shop.messaging import answers, drafting, queries, reaching
from shop.messaging.drafting import Draft
from shop.messaging.models import Message
from shop.messaging.queries import Waiting
from shop.messaging.states import Channel, MessageState, Reason

LOG = structlog.get_logger("shop.messaging")
MESSAGES: Any = Message.__table__
LEASE = timedelta(seconds=60)  # longer than any call takes
REMEMBERED = timedelta(minutes=9)  # WeChat keeps a client_msg_id for ten
AGAIN_AFTER = timedelta(seconds=20)
PAUSES = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360))
AT_A_TIME = 50
ENOUGH_IN_VAIN = 3
ACCOUNT_IN_TROUBLE = (AccountMisconfigured, IpNotAllowed, TokenRejected)
M = MessageState


class Post(Protocol):
    """The part of the mail gateway that is needed."""

    def send(self, to: str, subject: str, text: str) -> None: ...


class Ways(Struct, frozen=True):
    """Through what messages go: the account (None: none is configured), the mail server, where links lead."""

    account: OfficialAccount | None
    post: Post | None
    public_url: str


def any_due(now: datetime) -> bool:
    """Whether there is anything to send, or to look after."""
    with reading() as session:
        return session.scalar(select(MESSAGES.c.id).where(MESSAGES.c.state.in_(_OPEN), MESSAGES.c.due_at <= now).limit(1)) is not None


_OPEN = (M.PLANNED.value, M.SENDING.value)


def send_due(ways: Ways, clock: Callable[[], datetime]) -> int:
    """Send what is due; answers how many a peer has taken. One that fails keeps no other from being sent."""
    now = clock()
    with reading() as session:
        due = select(MESSAGES.c.id).where(MESSAGES.c.state.in_(_OPEN), MESSAGES.c.due_at <= now)
        ids = session.scalars(due.order_by(MESSAGES.c.due_at, MESSAGES.c.id).limit(AT_A_TIME)).all()
    taken = in_vain = 0
    for message_id in ids:
        if in_vain == ENOUGH_IN_VAIN:  # the peer is away: the others wait for the next round
            break
        try:
            went = send(message_id, ways, clock())
        except Exception:
            LOG.exception("left out of this round", message=message_id)
            went = None
        taken += went is True
        in_vain = in_vain + 1 if went is None else 0
    return taken


def send(message_id: int, ways: Ways, now: datetime) -> bool | None:
    """Send one message through the first channel that takes it. True: taken; False: it has ended otherwise, or somebody else is at
    it; None: not now."""
    for _ in range(len(Channel) + 1):
        message = queries.waiting(message_id)
        if message is None or message.due_at > now:
            return False
        if message.state is M.SENDING and not _may_repeat(message, now):
            _set(message, M.UNKNOWN, done_at=now, reason=(message.reason or Reason.CRASHED).value)
            LOG.error("nobody knows whether it was sent", message=message.id, channel=message.channel)
            return False
        draft = drafting.draft(message, ways.public_url, mail=ways.post is not None, account=ways.account is not None, now=now)
        if draft.channel is None:
            _set(message, M.NOT_SENT, done_at=now, reason=str(draft.reason))
            return False
        held = _claim(message, draft, now)
        if held is None:
            return False
        done = _call(held, draft, ways, now)
        if done is not AGAIN:
            return done
    return False


AGAIN: Any = object()  # another channel is to be tried


def _may_repeat(message: Waiting, now: datetime) -> bool:
    """Its sender is gone. Only what WeChat keeps apart for us goes out a second time."""
    first = message.first_sent_at
    return message.channel is Channel.TEMPLATE and first is not None and now < first + REMEMBERED


def _claim(message: Waiting, draft: Draft, now: datetime) -> Waiting | None:
    """Write down what is going to be sent. None: somebody else has it."""
    held = replace(message, state=M.SENDING, channel=draft.channel, due_at=now + LEASE, tries=message.tries + 1)
    values: dict[str, Any] = {
        "state": M.SENDING.value, "channel": str(draft.channel), "due_at": held.due_at, "tries": held.tries, "text": draft.kept,
        "template_id": draft.template_id,
    }  # fmt: skip
    if draft.channel is Channel.TEMPLATE:
        first = message.first_sent_at if message.state is M.SENDING else now
        values |= {"client_msg_id": client_msg_id(message.id), "first_sent_at": first}
        held = replace(held, first_sent_at=first)
    with transaction() as session:
        return held if changed(session.execute(_mine(message).values(values))) else None


def client_msg_id(message_id: int) -> str:
    """What WeChat tells two sendings of one message by; the same for every try."""
    return f"shop-{message_id}"


def _call(held: Waiting, draft: Draft, ways: Ways, now: datetime) -> Any:
    try:
        msgid = _through(draft, ways, client_msg_id(held.id))
    except AccountUnavailable as fault:
        return _unheard(held, now, maybe=fault.maybe_done)
    except QuotaUsedUp:
        _later(held, Reason.QUOTA, now)
        return None
    except ACCOUNT_IN_TROUBLE:  # it was refused before the message was looked at; a person puts it right, and nothing is lost
        _later(held, Reason.UNREACHABLE, now)
        return None
    except AccountError as refused:
        return _refused(held, answers.reason_of(refused), now)
    except MailNotSent as fault:
        if fault.refused:
            return _refused(held, Reason.MAIL_REFUSED, now)
        return _unheard(held, now, maybe=fault.maybe_sent)
    over = None if draft.channel is Channel.TEMPLATE else now  # of a template message WeChat says later what became of it
    _set(held, M.ACCEPTED, msgid=msgid, sent_at=now, done_at=over, reason=None)
    return True


def _through(draft: Draft, ways: Ways, own_id: str) -> str | None:
    if draft.channel is Channel.MAIL and ways.post is not None:
        ways.post.send(draft.to, draft.subject, draft.text)
    elif draft.channel is Channel.CUSTOMER_SERVICE and ways.account is not None:
        official_account.send_text(ways.account, draft.to, draft.text)
    elif draft.template_id is not None and ways.account is not None:
        return official_account.send_template(ways.account, draft.to, draft.template_id, draft.fields, own_id, draft.link)
    return None


def _refused(held: Waiting, reason: Reason, now: datetime) -> Any:
    """The peer said no, and would again: the next channel is looked for at once."""
    LOG.warning("message refused", message=held.id, channel=str(held.channel), reason=reason.value)
    tried = {str(channel): why.value for channel, why in held.tried.items()} | {str(held.channel): reason.value}
    if reason is Reason.NOT_FOLLOWING:  # then no other way through the account is open either
        tried |= {Channel.CUSTOMER_SERVICE.value: reason.value, Channel.TEMPLATE.value: reason.value}
        reaching.note_leaving(held.traveller_id, now)
    _set(held, M.PLANNED, due_at=now, tried=tried)
    return AGAIN


def _later(held: Waiting, reason: Reason, now: datetime) -> None:
    """It certainly did not go out: once more after a pause, until it is no news any more (`rules.STALE`)."""
    _set(held, M.PLANNED, due_at=now + PAUSES[min(held.tries, len(PAUSES)) - 1], reason=reason.value)


def _unheard(held: Waiting, now: datetime, *, maybe: bool) -> bool | None:
    """No answer. It may have gone out (`maybe`): then only a template message is sent again, under the same id."""
    if held.channel is Channel.TEMPLATE and (maybe or held.reason is Reason.NO_ANSWER):
        _set(held, M.SENDING, due_at=now + AGAIN_AFTER, reason=Reason.NO_ANSWER.value)
        return None
    if maybe:
        _set(held, M.UNKNOWN, done_at=now, reason=Reason.NO_ANSWER.value)
        return False
    _later(held, Reason.UNREACHABLE, now)
    return None


def _mine(message: Waiting) -> Any:
    """The row, as long as nobody else has touched it since it was read."""
    return update(MESSAGES).where(
        MESSAGES.c.id == message.id, MESSAGES.c.state == message.state.value, MESSAGES.c.tries == message.tries
    )


def _set(message: Waiting, state: MessageState, **values: Any) -> None:
    with transaction() as session:
        session.execute(_mine(message).values(state=state.value, **values))
