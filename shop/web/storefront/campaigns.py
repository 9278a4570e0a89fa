"""Who came through an article, a poster or a menu entry: counted, and remembered by the visitor's own browser.

A link that leads here carries a mark (`?c=autumn-1`). Only such a visit is looked at, only it may set a cookie, and that one holds
two marks and two times (`shop.web.touches`). A browser that asks not to be followed gets none, and is counted all the
same. Pages without a mark are not touched.
"""

from collections.abc import Callable

import structlog
from flask import Blueprint, Response, current_app, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from shop.base import clock
from shop.campaigns import commands, queries, rules
from shop.campaigns.rules import KEPT, MARK, Came, Touches
from shop.reports.period import FRANKFURT
from shop.web.touches import cookie_name, touches
from shop.web.wiring import settings

LOG = structlog.get_logger("shop.campaigns")
blueprint = Blueprint("campaign_links", __name__)
ROBOTS = ("bot", "spider", "crawl", "preview")


@blueprint.get("/go/<mark>")
def go(mark: str) -> AnyResponse:
    """The short link of a campaign, for print: on to its page, with the mark. One that nobody has given out leads to the shop."""
    try:
        found = queries.campaign(mark)
    except queries.NoSuchCampaign:
        return redirect("/")
    answer = redirect(rules.marked(found.target, found.mark))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def note(answer: Response) -> Response:
    """After a page was made: its visit counts when its address has a mark."""
    if b"c=" in request.query_string and answer.status_code == 200 and request.method == "GET":
        mark = request.args.get("c", "")
        if len(mark) <= 32 and MARK.fullmatch(mark) and not _by_a_machine():
            _came_through(mark, answer)
    return answer


def _by_a_machine() -> bool:
    agent = request.headers.get("User-Agent", "").lower()
    ahead = request.headers.get("Sec-Purpose", "") + request.headers.get("Purpose", "")
    return "prefetch" in ahead or any(name in agent for name in ROBOTS)


def _came_through(mark: str, answer: Response) -> None:
    now = clock.now()
    before = touches()
    campaign_id = queries.known([mark]).get(mark)
    if campaign_id is None:
        return
    came = Came(mark, now)
    if rules.is_new_visit(before, mark, now):
        day = now.astimezone(FRANKFURT).date()
        answer.call_on_close(_after_the_answer(lambda: commands.count_visit(campaign_id, day)))
    if settings().campaign_cookie and request.headers.get("Sec-GPC") != "1" and request.headers.get("DNT") != "1":
        after = before.then(came) if before else Touches(came, came)
        answer.set_cookie(
            cookie_name(), after.written(), max_age=int(KEPT.total_seconds()), secure=settings().https, httponly=True, samesite="Lax"
        )


def _after_the_answer(job: Callable[[], None]) -> Callable[[], None]:
    """The job for when the visitor has the page: they do not wait for it, and nothing of theirs fails with it."""
    context = current_app.app_context  # of the application itself: the request's is gone by then

    def run() -> None:
        try:
            with context():
                job()
        except Exception:
            LOG.exception("visit not counted")

    return run
