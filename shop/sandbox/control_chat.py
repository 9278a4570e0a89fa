"""The control API of pushes and menus, and the chat on the traveller's phone."""
from pathlib import Path
from typing import Any

from flask import Response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from shop.sandbox.control import Wrong, chosen, control, wish
from shop.sandbox.control_messages import comes_or_goes, the_traveller
from shop.sandbox.phone import phone
from shop.sandbox.pushes import PushBoard
from shop.sandbox.web import json_answer, pushes, world

LONGEST = 600


@control.get("/pushes")
def list_pushes() -> Response:
    """Every try of every push, oldest first; `traveller` narrows it."""
    return json_answer(chosen(world().pushes, "traveller"))


@control.post("/pushes/wait")
def wait_for_pushes() -> Response:
    return json_answer({"idle": pushes().wait()})


@control.post("/say/<traveller_id>")
def say(traveller_id: str) -> Response:
    """`{"text": "我的订单"}`, or `{"kind": "image"}`: the traveller writes to the account."""
    given = wish("text", "kind")
    pushes().say(the_traveller(traveller_id), str(given.get("text", "")), str(given.get("kind", "text")))
    return json_answer({})


@control.post("/tap/<traveller_id>")
def tap(traveller_id: str) -> Response:
    """`{"name": "我的订单"}`: the traveller taps this entry of the menu."""
    name = wish("name").get("name")
    button = next((one for one in leaves() if one["name"] == name), None)
    if button is None:
        raise Wrong(f"no such entry: {name}", 404)
    pushes().tap(the_traveller(traveller_id), button)
    return json_answer(button)


@control.post("/push/<traveller_id>")
def push(traveller_id: str) -> Response:
    """Any fields at all: `{"MsgType": "event", "Event": "kf_create_session"}`."""
    pushes().raw(the_traveller(traveller_id), wish())
    return json_answer({})


@control.get("/menus")
def show_menus() -> Response:
    return json_answer(world().menus)


def leaves() -> list[dict[str, Any]]:
    """The entries of the Service Account's menu that can be tapped."""
    menu = world().menus.get(world().keys.numbers.app_id, {"button": []})
    return [leaf for one in menu["button"] for leaf in (one.get("sub_button") or [one])]


@phone.get("/open/js/jweixin.js")
def page_script() -> Response:
    """WeChat's script for pages, played."""
    return Response((Path(__file__).parent / "pages" / "jweixin.js").read_bytes(), content_type="text/javascript; charset=utf-8")


# --- the phone ---------------------------------------------------------------------------------------------------------


@phone.get("/phone/chat/<traveller_id>")
def chat(traveller_id: str) -> tuple[str, int]:
    """The account's chat on one traveller's phone, with its menu: something to write, to tap, to follow."""
    here = world()
    traveller = here.travellers.get(traveller_id)
    if traveller is None:
        return render_template("message.html", title="消息", text=f"no such traveller: {traveller_id}"), 404
    menu = here.menus.get(here.keys.numbers.app_id, {"button": []})
    shown = render_template(
        "chat.html", traveller=traveller, one=here.followers.of(traveller_id), account=here.merchant_name, menu=menu["button"],
        browser=here.browser_url, shop=here.shop_url,
    )
    return shown, 200


@phone.post("/phone/chat/<traveller_id>")
def act(traveller_id: str) -> AnyResponse | tuple[str, int]:
    """What was written or tapped; then the chat again, once the shop has answered."""
    here, board = world(), pushes()
    traveller = here.travellers.get(traveller_id)
    if traveller is None:
        return render_template("message.html", title="消息", text=f"no such traveller: {traveller_id}"), 404
    given, target = request.form, f"/phone/chat/{traveller_id}#end"
    if text := given.get("text", "").strip()[:LONGEST]:
        board.say(traveller, text)
    elif "follow" in given:
        comes_or_goes(here, traveller, given["follow"] == "yes")
    elif button := next((one for one in leaves() if one["name"] == given.get("tap")), None):
        board.tap(traveller, button)
        if button["type"] == "view":
            target = opened(button["url"], board)
    board.wait(5.0)
    return redirect(target, 303)


def opened(url: str, _board: PushBoard) -> str:
    """An address of the shop as WeChat's browser opens it."""
    here = world()
    return here.browser_url + url.removeprefix(here.shop_url) if here.shop_url and url.startswith(here.shop_url) else url
