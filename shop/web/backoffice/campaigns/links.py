"""Campaigns: the list, a new one, one with its links, its QR code for print."""

from collections.abc import Mapping
from http import HTTPStatus

from flask import Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from shop.base import clock
from shop.base.errors import ShopError
from shop.campaigns import commands, posters, queries, rules
from shop.campaigns.states import CampaignKind
from shop.pickup.codes import picture_png, picture_svg
from shop.web.backoffice.campaigns import forms
from shop.web.backoffice.campaigns.door import Answer, blueprint, by_me
from shop.web.backoffice.forms import read
from shop.web.errors import STATUS
from shop.web.wiring import settings, wiring


@blueprint.get("/")
def listed() -> str:
    """What leads to the shop and what came of it; `ended` in the address shows what is over."""
    return _list({}, {})


@blueprint.post("/")
def create() -> AnyResponse | Answer:
    """Something new that leads to the shop."""
    typed = request.form.to_dict()
    values, errors = read(forms.CAMPAIGN, typed)
    if errors:
        return _list(typed, errors), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        mark = commands.create(
            CampaignKind(values["kind"]), values["title"], values["target"], values["mark"], by_me(), clock.now()
        )
    except ShopError as refused:
        return _list(typed, refused.fields, refused), STATUS[refused.kind]
    return redirect(url_for(".one", mark=mark, done="made"), HTTPStatus.SEE_OTHER)


def _list(typed: Mapping[str, str], errors: Mapping[str, list[str]], refused: ShopError | None = None) -> str:
    ended = "ended" in request.args
    return render_template(
        "backoffice/campaigns.html", campaigns=queries.listed(ended=ended), ended=ended, typed=typed, errors=errors,
        refused=None if errors else refused, kinds=forms.KINDS,
    )  # fmt: skip


@blueprint.get("/links/<mark>")
def one(mark: str) -> Answer:
    return _one(mark)


@blueprint.post("/links/<mark>")
def change(mark: str) -> AnyResponse | Answer:
    """`do` says what: `end`, `go_on`, or have the account make a QR code: `scene` for good, `scene_month` for a month."""
    now, what = clock.now(), request.form.get("do", "")
    mark = queries.campaign(mark).mark
    try:
        match what:
            case "end":
                commands.end(mark, by_me(), now)
            case "go_on":
                commands.go_on(mark, by_me(), now)
            case "scene" | "scene_month":
                posters.make_scene(mark, what == "scene", wiring().account, by_me(), now)
            case _:
                return _one(mark)
    except queries.NoSuchCampaign:
        raise
    except ShopError as refused:
        return _one(mark, refused)
    return redirect(url_for(".one", mark=mark, done=what), HTTPStatus.SEE_OTHER)


def _one(mark: str, refused: ShopError | None = None) -> Answer:
    campaign, now, public = queries.campaign(mark), clock.now(), settings().public_url
    page = render_template(
        "backoffice/campaign.html", campaign=campaign, link=public + rules.marked(campaign.target, campaign.mark),
        short=posters.link(campaign, public), holds=campaign.scene_holds(now), may_scene=wiring().account.configured,
        done=request.args.get("done", ""), refused=refused,
    )  # fmt: skip
    return page, STATUS[refused.kind] if refused else HTTPStatus.OK


@blueprint.get("/links/<mark>/code.<ending>")
def code(mark: str, ending: str) -> Response:
    """The QR code as a picture: `svg` for print, `png` for everything else."""
    campaign = queries.campaign(mark)
    text = posters.address(campaign, settings().public_url, clock.now())
    if ending not in ("svg", "png"):
        raise queries.NoSuchCampaign
    made, kind = (picture_svg(text), "image/svg+xml") if ending == "svg" else (picture_png(text), "image/png")
    answer = Response(made, mimetype=kind)
    answer.headers["Cache-Control"] = "no-store"
    if "save" in request.args:
        answer.headers["Content-Disposition"] = f'attachment; filename="{campaign.mark}.{ending}"'
    return answer


@blueprint.get("/links/<mark>/poster")
def poster(mark: str) -> str:
    """A page to print: the campaign's title, its QR code, and what to do with it in three languages."""
    campaign, now = queries.campaign(mark), clock.now()
    return render_template(
        "backoffice/campaign_poster.html", campaign=campaign, is_scene=campaign.scene_holds(now), shop_name=settings().shop_name,
        short=posters.link(campaign, settings().public_url),
    )  # fmt: skip
