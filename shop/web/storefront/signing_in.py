"""Signing in through WeChat, silently, and out again.

The visitor is sent to WeChat with a `state` that belongs to this browser and works once, and comes back with a code that
the shop exchanges once. What goes wrong for a dull reason (an old link, a spent code) is tried again once by itself.
"""

import secrets
from http import HTTPStatus

from flask import Blueprint, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from shop.base import clock
from shop.base.errors import ShopError
from shop.base.metrics import SIGN_INS
from shop.gateways.official_account import SignInRefused
from shop.people import commands
from shop.people.commands import SignInExpired, SnapshotVisitor, StillSigningIn
from shop.people.rules import safe_return_path
from shop.web import guards
from shop.web.errors import STATUS
from shop.web.storefront import forms, here
from shop.web.storefront.basket import Basket
from shop.web.storefront.checkout import TYPED
from shop.web.storefront.party import Party
from shop.web.wiring import settings, wiring

blueprint = Blueprint("sign_in", __name__)
LOOKS = 8  # a second load of the return address looks this often, a second apart, for what the first one found out
BROWSER, TRIED_AGAIN, NEXT = "browser", "sign_in_again", "sign_in_next"


@blueprint.get("/sign-in")
def start() -> Response:
    """Off to WeChat, to come back to `next`."""
    wanted = safe_return_path(request.args.get("next"))
    if guards.is_signed_in():
        return redirect(wanted)
    return _to_wechat(wanted)


def _to_wechat(wanted: str) -> Response:
    if not isinstance(session.get(BROWSER), str):
        session[BROWSER] = secrets.token_urlsafe(24)
    session[NEXT] = wanted
    session.permanent = True
    state = commands.start_sign_in(session[BROWSER], wanted, clock.now())
    return _unkept(redirect(wiring().account.authorize_url(f"{settings().public_url}{url_for('.back')}", state)))


def _unkept(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get("/sign-in/wechat")
def back() -> Response | tuple[str, int] | str:
    """Back from WeChat: who is it? Then on to where the visitor wanted to go, with a clean address."""
    state, code = forms.clean(request.args.get("state"), 200), forms.clean(request.args.get("code"), 600)
    browser = session.get(BROWSER)
    try:
        if not state or not code or not isinstance(browser, str):
            raise SignInExpired
        found = commands.finish_sign_in(state, code, browser, settings().account.app_id, wiring().account, clock.now())
    except (SignInExpired, SignInRefused) as refused:
        return _once_more(refused, silently=isinstance(browser, str) and bool(code))
    except ShopError as refused:
        return _failed(refused)
    if isinstance(found, StillSigningIn):
        return _look_again(state, code)
    SIGN_INS.labels("signed_in").inc()
    _begin(int(found.traveller_id), browser)
    return _unkept(redirect(found.return_path, HTTPStatus.SEE_OTHER))


def _begin(traveller: int, browser: str) -> None:
    """A new session for the traveller: only baskets and the trip come along, a form that was being filled in, and what a second
    load of this address needs."""
    basket, typed, trip, party = Basket.of(session), session.get(TYPED), here.stated(), Party.of(session)
    session.clear()
    if typed:
        session[TYPED] = typed
    session.permanent = True
    session["traveller"] = traveller
    session[BROWSER] = browser
    basket.keep(session)
    party.keep(session)
    if trip is not None:
        here.keep(trip)


def _once_more(refused: ShopError, *, silently: bool) -> Response | tuple[str, int]:
    """Start again without a word, once. A browser that keeps no cookie would go round for ever: it is told instead."""
    wanted = safe_return_path(session.get(NEXT))
    if guards.is_signed_in():
        return redirect(wanted, HTTPStatus.SEE_OTHER)  # an old return address, loaded again from the history
    if silently and not session.get(TRIED_AGAIN):
        SIGN_INS.labels("again").inc()
        session[TRIED_AGAIN] = True
        return _to_wechat(wanted)
    return _failed(refused)


def _failed(refused: ShopError) -> tuple[str, int]:
    SIGN_INS.labels(refused.code).inc()
    session.pop(TRIED_AGAIN, None)
    page = render_template(
        "storefront/sign_in_failed.html",
        code=refused.code,
        snapshot=isinstance(refused, SnapshotVisitor),
        again=url_for(".start", next=safe_return_path(session.get(NEXT))),
    )
    return page, STATUS[refused.kind]


def _look_again(state: str, code: str) -> Response | tuple[str, int] | str:
    look = request.args.get("look", "")
    number = int(look) if look.isascii() and look.isdecimal() and len(look) < 3 else 0
    if number >= LOOKS:  # the load that had the code has failed or was lost
        return _once_more(SignInExpired(), silently=True)
    return render_template(
        "storefront/signing_in.html", address=url_for(".back", state=state, code=code, look=number + 1)
    )


@blueprint.post("/sign-out")
def out() -> Response:
    session.clear()
    return redirect(url_for("storefront.home"), HTTPStatus.SEE_OTHER)
