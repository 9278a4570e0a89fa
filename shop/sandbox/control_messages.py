"""The control API of followers, windows, templates and what arrived on the phones; and the phone's page of it."""
from typing import Any

from flask import Response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from shop.sandbox.control import Wrong, control, wish
from shop.sandbox.followers import SCAN, WINDOWS, Follower
from shop.sandbox.phone import phone
from shop.sandbox.state import World
from shop.sandbox.templates import new_template
from shop.sandbox.travellers import Traveller
from shop.sandbox.web import json_answer, world


def the_traveller(traveller_id: str) -> Traveller:
    found = world().travellers.get(traveller_id)
    if found is None:
        raise Wrong(f"no such traveller: {traveller_id}", 404)
    return found


def the_follower(traveller_id: str) -> Follower:
    the_traveller(traveller_id)
    return world().followers.of(traveller_id)


@control.get("/followers")
def list_followers() -> Response:
    here = world()
    return json_answer([here.followers.of(one).shown(here.now()) for one in list(here.travellers)])


@control.post("/followers/<traveller_id>")
def change_follower(traveller_id: str) -> Response:
    """`follows` (with a `scene`: by scanning a code), `blocked`, or `did` something: message, menu, scan, payment."""
    here, given = world(), wish("follows", "blocked", "did", "scene")
    one = the_follower(traveller_id)
    if "did" in given and given["did"] not in WINDOWS:
        raise Wrong(f"did must be one of {sorted(WINDOWS)}")
    if "follows" in given:
        comes_or_goes(here, the_traveller(traveller_id), bool(given["follows"]), str(given.get("scene", "")))
    with here.lock:
        if "blocked" in given:
            one.blocked = bool(given["blocked"])
        if "did" in given:
            here.followers.did(traveller_id, given["did"], here.now())
    return json_answer(one.shown(here.now()))


def comes_or_goes(here: World, traveller: Traveller, follows: bool, scene: str = "") -> None:
    """Follow, scan as a follower, or unfollow; the account hears it."""
    one = here.followers.of(traveller.id)
    was = one.follows
    with here.lock:
        if not follows:
            here.followers.unfollow(traveller.id)
        elif was and scene:
            here.followers.did(traveller.id, SCAN, here.now())
        elif not was:
            here.followers.follow(traveller.id, here.now())
    if here.teller is None or (was == follows and not (was and scene)):
        return
    if not follows:
        event, more = "unsubscribe", {"EventKey": ""}
    elif was:
        event, more = "SCAN", {"EventKey": scene, "Ticket": "gQ"}
    else:
        event, more = "subscribe", {"EventKey": f"qrscene_{scene}", "Ticket": "gQ"} if scene else {"EventKey": ""}
    here.teller(traveller, event, more, here.keys.numbers.app_id)


@control.get("/inbox")
def show_inbox() -> Response:
    """What arrived, of everybody or of one `traveller`, oldest first."""
    here = world()
    wanted = [request.args["traveller"]] if request.args.get("traveller") else list(here.travellers)
    found = [{"traveller": one, **message} for one in wanted for message in list(the_follower(one).inbox)]
    return json_answer(sorted(found, key=lambda message: message["at"]))


@control.get("/templates")
def show_templates() -> Response:
    return json_answer([one.shown() for one in list(world().templates.values())])


@control.post("/templates")
def add_template() -> Response:
    """`title` and `rows`: the words before each field, by the field's key."""
    given = wish("title", "rows", "template_id")
    rows: Any = given.get("rows")
    if not isinstance(rows, dict) or not rows:
        raise Wrong("rows must name at least one field")
    made = new_template(str(given.get("title", "通知")), rows, str(given.get("template_id", "")))
    with world().lock:
        world().templates[made.template_id] = made
    return json_answer(made.shown(), 201)


@control.delete("/templates/<template_id>")
def drop_template(template_id: str) -> Response:
    with world().lock:
        if world().templates.pop(template_id, None) is None:
            raise Wrong(f"no such template: {template_id}", 404)
    return json_answer({})


@control.post("/template-results")
def next_results() -> Response:
    """What becomes of the next template messages: `{"statuses": ["failed: system failed"]}`."""
    statuses = wish("statuses").get("statuses")
    if not isinstance(statuses, list):
        raise Wrong("statuses must be a list")
    world().template_results[:] = [str(one) for one in statuses]
    return json_answer({"statuses": statuses})


@control.get("/template-results")
def told_results() -> Response:
    return json_answer(list(world().told_results))


# --- the phone ---------------------------------------------------------------------------------------------------------


@phone.get("/phone/messages")
def phones() -> str:
    here = world()
    counted = [(one, here.followers.of(one.id)) for one in list(here.travellers.values())]
    return render_template("phones.html", travellers=counted)


@phone.get("/phone/messages/<traveller_id>")
def inbox(traveller_id: str) -> tuple[str, int]:
    """The service account's chat on one traveller's phone: what has arrived."""
    traveller = world().travellers.get(traveller_id)
    if traveller is None:
        return render_template("message.html", title="消息", text=f"no such traveller: {traveller_id}"), 404
    return render_template("inbox.html", traveller=traveller, one=world().followers.of(traveller_id)), 200


@phone.route("/phone/code/<ticket>", methods=["GET", "POST"])
def scan_code(ticket: str) -> tuple[str, int] | AnyResponse:
    """Somebody scans a code of the account: who does not follow yet follows now."""
    here = world()
    scene, ends = here.scene_codes.get(ticket, ("", 0.0))
    if not scene or here.now() > ends:
        return render_template("message.html", title="扫一扫", text="二维码已过期"), 404
    if request.method == "GET":
        return render_template("scan_code.html", travellers=list(here.travellers.values()), account=here.merchant_name), 200
    traveller = here.travellers.get(request.form.get("traveller", ""))
    if traveller is None:
        return render_template("message.html", title="扫一扫", text="no such traveller"), 404
    comes_or_goes(here, traveller, True, scene)
    return redirect(f"/phone/messages/{traveller.id}", 303)
