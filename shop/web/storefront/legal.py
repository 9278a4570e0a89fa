"""What the law wants to be easy to find: imprint, terms, withdrawal, privacy. Open to everybody, without cookies."""

from flask import Blueprint, render_template

from shop.base import clock
from shop.base.versions import day_of
from shop.campaigns import rules as campaign_rules
from shop.policies import queries as policies
from shop.policies import seller
from shop.privacy import notice, rules
from shop.web.storefront import browse
from shop.web.wiring import settings

blueprint: Blueprint = browse.further


@blueprint.get("/legal/imprint")
def imprint() -> str:
    """Who runs the shop (§ 5 DDG)."""
    value = policies.seller(day_of(clock.now()))
    return render_template("storefront/imprint.html", seller=value, missing=seller.missing(value))


@blueprint.get("/legal/terms")
def terms() -> str:
    """What is agreed with an order, from the same settings that the shop obeys."""
    today = day_of(clock.now())
    return render_template(
        "storefront/terms.html", seller=policies.seller(today), pay_within=settings().pay_within_minutes,
        minimum=policies.prices(today)["minimum_minor"], currency=settings().currency,
    )  # fmt: skip


@blueprint.get("/legal/withdrawal")
def withdrawal() -> str:
    """The instruction on withdrawal, with the model form."""
    return render_template("storefront/withdrawal_notice.html", seller=policies.seller(day_of(clock.now())))


@blueprint.get("/legal/privacy")
def privacy() -> str:
    """What is kept of whom, why and until when: written by the table that the shop deletes by."""
    return render_template(
        "storefront/privacy.html", seller=policies.seller(day_of(clock.now())), entries=notice.entries(), flown=rules.FLOWN.days,
        unpaid=rules.UNPAID.days, idle=rules.IDLE.days, refundable=rules.REFUNDABLE.days, answered=rules.ANSWERED.days,
        touched=campaign_rules.KEPT.days, years=settings().evidence_years, book_years=rules.BOOK_YEARS,
    )  # fmt: skip
