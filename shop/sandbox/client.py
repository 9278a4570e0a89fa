"""The control API for Python: works the same whether the sandbox runs in the caller's process or beside it."""
from typing import Any

import requests


class ControlRefused(Exception):
    """The sandbox could not do what was asked; the text says why."""


class Control:
    """One method per thing to do. Raises ControlRefused. Safe to use from several threads."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def fault(self, kind: str, **wish: Any) -> dict[str, Any]:
        """Let something go wrong: see Fault for the names. `fault("status", path="/v3/", status=500, count=2)`."""
        return dict(self._call("POST", "/faults", {"kind": kind, **wish}))

    def next_notice(self, *, count: int = 1, out_trade_no: str = "", **options: Any) -> dict[str, Any]:
        """Let the next notices differ: see NoticeOptions. `next_notice(copies=10, together=True)`."""
        return self.fault("notice", count=count, out_trade_no=out_trade_no, notice=options)

    def next_refund_notice(
        self, *, count: int = 1, out_refund_no: str = "", out_trade_no: str = "", **options: Any
    ) -> dict[str, Any]:
        """The same for notices of refunds."""
        return self.fault("notice", event="refund", count=count, out_refund_no=out_refund_no,
                          out_trade_no=out_trade_no, notice=options)

    def faults(self) -> list[dict[str, Any]]:
        return list(self._call("GET", "/faults"))

    def clear_faults(self) -> None:
        self._call("DELETE", "/faults")

    def orders(self) -> list[dict[str, Any]]:
        return list(self._call("GET", "/orders"))

    def order(self, out_trade_no: str) -> dict[str, Any]:
        return dict(self._call("GET", f"/orders/{out_trade_no}"))

    def set_state(self, out_trade_no: str, trade_state: str) -> dict[str, Any]:
        return dict(self._call("POST", f"/orders/{out_trade_no}", {"trade_state": trade_state}))

    def pay(self, out_trade_no: str, *, notify: bool = True, coupon: int = 0) -> dict[str, Any]:
        """The traveller pays now; the order as WeChat has it afterwards."""
        return dict(self._call("POST", f"/pay/{out_trade_no}", {"notify": notify, "coupon": coupon}))

    def send_notice(self, out_trade_no: str, **options: Any) -> list[int | None]:
        """Send a notice now and wait for it. The shop's statuses, None where it did not answer in time."""
        return list(self._call("POST", f"/notices/{out_trade_no}", options)["statuses"])

    def release_notices(self) -> int:
        return int(self._call("POST", "/notices/release")["released"])

    def notices(self, out_trade_no: str = "") -> list[dict[str, Any]]:
        """Every try so far, oldest first."""
        return list(self._call("GET", "/notices", params={"out_trade_no": out_trade_no})["sent"])

    def notices_waiting(self) -> int:
        return int(self._call("GET", "/notices")["waiting"])

    def requests(self, path: str = "") -> list[dict[str, Any]]:
        """Every request so far whose path begins with `path`, oldest first."""
        return list(self._call("GET", "/requests", params={"path": path}))

    def clear_requests(self) -> None:
        self._call("DELETE", "/requests")

    def shop(self, url: str) -> None:
        self._call("POST", "/shop", {"url": url})

    def silent(self, traveller: str | None) -> None:
        self._call("POST", "/silent", {"traveller": traveller})

    def travellers(self) -> dict[str, dict[str, Any]]:
        """Everybody with a phone, by id."""
        return {one["id"]: one for one in self._call("GET", "/travellers")}

    def add_traveller(self, id: str, **more: Any) -> dict[str, Any]:
        return dict(self._call("POST", "/travellers", {"id": id, **more}))

    def speed(self, factor: float, *, patience: float = 5.0) -> None:
        """Multiply the waits between a notice's tries by `factor`; wait `patience` seconds for an answer."""
        self._call("POST", "/speed", {"factor": factor, "patience": patience})

    def clock(self, offset: float) -> None:
        self._call("POST", "/clock", {"offset": offset})

    def allow_ips(self, *ips: str) -> None:
        """Only these addresses may ask for tokens; none: every one."""
        self._call("POST", "/allowed-ips", {"ips": list(ips)})

    def press(self, account: str = "content", **turned: Any) -> dict[str, Any]:
        """Pictures, drafts, publications, tags and mass sends of an account; `next_status=[4]` and the like turn something first."""
        return dict(self._call("POST" if turned else "GET", "/press", turned or None, params={"account": account}))

    def add_tag(self, name: str, *, members: tuple[str, ...] = (), others: int = 0, account: str = "content") -> int:
        asked = {"name": name, "members": list(members), "others": others}
        return int(self._call("POST", "/press/tags", asked, params={"account": account})["id"])

    def lose_drafts(self, account: str = "content") -> None:
        self._call("DELETE", "/press/drafts", params={"account": account})

    def age(self, seconds: float) -> None:
        """Make everything there is older: prepay ids, orders, OAuth codes, tokens. Clocks stay."""
        self._call("POST", "/age", {"seconds": seconds})

    def behaviour(self, **choices: str | float) -> dict[str, Any]:
        """Choose: see Behaviour. `behaviour(refund_gap_seconds=0, funds="same_day")`."""
        return dict(self._call("POST", "/behaviour", choices))

    def reset(self) -> None:
        self._call("POST", "/reset")

    # --- refunds and money

    def refunds(self, out_trade_no: str = "") -> list[dict[str, Any]]:
        return list(self._call("GET", "/refunds", params={"out_trade_no": out_trade_no}))

    def refund(self, out_refund_no: str) -> dict[str, Any]:
        return dict(self._call("GET", f"/refunds/{out_refund_no}"))

    def next_refund(
        self, status: str, *, out_refund_no: str = "", out_trade_no: str = "", count: int = 1
    ) -> dict[str, Any]:
        """Let the next refund (or that one, or one of that order) end SUCCESS, ABNORMAL or CLOSED; count 0: always."""
        wish = {"status": status, "out_refund_no": out_refund_no, "out_trade_no": out_trade_no, "count": count}
        return dict(self._call("POST", "/refunds", wish))

    def end_refund(self, out_refund_no: str, status: str = "SUCCESS", *, notify: bool = True) -> dict[str, Any]:
        """End it now, or change its end; the refund as WeChat has it afterwards."""
        return dict(self._call("POST", f"/refunds/{out_refund_no}", {"status": status, "notify": notify}))

    def send_refund_notice(self, out_refund_no: str, **options: Any) -> list[int | None]:
        """Send a notice of it now and wait for it. The shop's statuses, None where it did not answer in time."""
        return list(self._call("POST", f"/refunds/{out_refund_no}/notice", options)["statuses"])

    def funds(self) -> dict[str, Any]:
        return dict(self._call("GET", "/funds"))

    def top_up(self, amount: int) -> dict[str, Any]:
        """Minor units into the purse that refunds are paid from."""
        return dict(self._call("POST", "/funds", {"amount": amount}))

    def money(self) -> dict[str, Any]:
        """`orders`: each payment taken, with paid, refunded, under_way and its refunds. `sums`: by currency."""
        return dict(self._call("GET", "/money"))

    def strange_payment(self, **wish: Any) -> dict[str, Any]:
        """Somebody pays for a number the shop never opened. `strange_payment(total=1750, notify_url=…)`."""
        return dict(self._call("POST", "/strange-payment", wish))

    # --- bills

    def bill_fault(self, kind: str, **wish: Any) -> dict[str, Any]:
        """Let a bill be wrong until it is cleared: see BillFault. `bill_fault("other_amount", number=no, by=-5)`."""
        return dict(self._call("POST", "/bill-faults", {"kind": kind, **wish}))

    def bill_faults(self) -> list[dict[str, Any]]:
        return list(self._call("GET", "/bill-faults"))

    def clear_bill_faults(self) -> None:
        self._call("DELETE", "/bill-faults")

    def bill(self, kind: str, day: str) -> str:
        """The text of a bill as it would be sent; empty for a day without trades."""
        return str(self._call("GET", f"/bills/{kind}/{day}")["text"])

    # --- followers and messages

    def followers(self) -> dict[str, dict[str, Any]]:
        """By traveller: follows, blocked, what they did last."""
        return {one["id"]: one for one in self._call("GET", "/followers")}

    def follower(self, traveller: str, **wish: Any) -> dict[str, Any]:
        """Change one: `follower("wang", follows=False)`, `follower("li", blocked=True)`, `follower("li", did="message")`."""
        return dict(self._call("POST", f"/followers/{traveller}", wish))

    def inbox(self, traveller: str = "") -> list[dict[str, Any]]:
        """What has arrived, oldest first."""
        return list(self._call("GET", "/inbox", params={"traveller": traveller}))

    def templates(self) -> dict[str, dict[str, Any]]:
        return {one["template_id"]: one for one in self._call("GET", "/templates")}

    def add_template(self, title: str, rows: dict[str, str], template_id: str = "") -> str:
        """`rows`: the words before each field, by the field's key. Answers the template's id."""
        wish = {"title": title, "rows": rows, "template_id": template_id}
        return str(self._call("POST", "/templates", wish)["template_id"])

    def delete_template(self, template_id: str) -> None:
        self._call("DELETE", f"/templates/{template_id}")

    def next_template_results(self, *statuses: str) -> None:
        """What becomes of the next template messages: `success`, `failed:user block`, `failed: system failed`."""
        self._call("POST", "/template-results", {"statuses": list(statuses)})

    def template_results(self) -> list[dict[str, Any]]:
        """What was told of template messages so far."""
        return list(self._call("GET", "/template-results"))

    # --- chat and menu

    def say(self, traveller: str, text: str = "", kind: str = "text") -> None:
        """The traveller writes to the account; the shop's server hears it."""
        self._call("POST", f"/say/{traveller}", {"text": text, "kind": kind})

    def tap(self, traveller: str, name: str) -> dict[str, Any]:
        """The traveller taps this entry of the menu."""
        return dict(self._call("POST", f"/tap/{traveller}", {"name": name}))

    def push(self, traveller: str, **fields: Any) -> None:
        """Tell the shop's server anything: `push("wang", MsgType="event", Event="kf_create_session")`."""
        self._call("POST", f"/push/{traveller}", fields)

    def pushes(self, traveller: str = "") -> list[dict[str, Any]]:
        """Every try of every push, oldest first."""
        return list(self._call("GET", "/pushes", params={"traveller": traveller}))

    def wait_for_pushes(self) -> bool:
        """Until nothing is on its way."""
        return bool(self._call("POST", "/pushes/wait")["idle"])

    def menus(self) -> dict[str, Any]:
        """By app id, as they were published."""
        return dict(self._call("GET", "/menus"))

    # --- keys and bad days

    def keys(self, **wish: Any) -> dict[str, Any]:
        """Change keys, and see which there are: see KeyChange. `keys(notices_percent=30, certificates="both")`."""
        return dict(self._call("POST", "/keys", wish))

    def bad_day(self, seed: int = 1, strength: float = 0.2) -> dict[str, Any]:
        """From now on things go wrong by chance."""
        return dict(self._call("POST", "/bad-day", {"seed": seed, "strength": strength}))

    def bad_day_counts(self) -> dict[str, Any]:
        return dict(self._call("GET", "/bad-day"))

    def end_bad_day(self) -> dict[str, Any]:
        """All is well again; the counts once more."""
        return dict(self._call("DELETE", "/bad-day"))

    def launch(self, parameters: dict[str, str], decision: str = "pay", openid: str | None = None) -> dict[str, str]:
        """Let the phone pay, cancel or answer ok_without_payment to the six JSAPI parameters. What the page hears."""
        asked: dict[str, Any] = {**parameters, "decision": decision}
        if openid:
            asked["openid"] = openid
        return dict(self._send("POST", f"{self.url}/phone/pay", asked))

    def _call(self, method: str, path: str, json: Any = None, params: dict[str, str] | None = None) -> Any:
        return self._send(method, f"{self.url}/__control__{path}", json, params)

    def _send(self, method: str, url: str, json: Any = None, params: dict[str, str] | None = None) -> Any:
        with requests.Session() as session:
            session.trust_env = False  # loopback needs no proxy
            answer = session.request(method, url, json=json, params=params, timeout=60)
        if answer.status_code >= 400:
            raise ControlRefused(f"{answer.status_code} {answer.text}")
        return answer.json()
