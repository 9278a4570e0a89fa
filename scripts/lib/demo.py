"""The whole shop on this machine, in the foreground; or, with --once, one order from sign-in to report."""

import argparse
import csv
import hashlib
import re
import shutil
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts" / "lib")]
PASSWORD = "demo-manager-1"
POINT = "T1-B42"  # the counter that asks for most
OUTPUT = ROOT / "demo-output"


def say(text: str) -> None:
    print(text, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description="Set everything up and run the shop on this machine: sandbox (plays WeChat), web, worker, example data. "
        "Stays in the foreground until Ctrl-C.",
    )
    parser.add_argument(
        "--once",
        action="store_true",
        help="walk one order from sign-in to payment, scan and report; write ./demo-output/; stop",
    )
    parser.add_argument("--port", type=int, default=0, help="port of the shop (default: a free one)")
    parser.add_argument(
        "--database", default="", help="another database than SQLite in instance/, as SHOP_DATABASE_URL"
    )
    options = parser.parse_args()
    from processes import DidNotStart, Processes, demo_settings, free_port

    folder = ROOT / "instance" / ("demo-once" if options.once else "demo")
    if options.once:
        shutil.rmtree(folder, ignore_errors=True)
    processes = Processes(folder)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    began = time.monotonic()
    try:
        port = options.port or free_port()
        told = processes.start_sandbox(port)
        say(f"  sandbox runs: {told['url']}")
        processes.env |= demo_settings(folder, told["browser_url"], options.database)
        people = _prepare(processes)
        processes.start_web(port)
        processes.start_worker()
        say(f"  shop runs: {told['browser_url']} (started in {time.monotonic() - began:.0f} s)")
        if options.once:
            walk(told, people)
            say(f"all done in {time.monotonic() - began:.0f} s")
            return 0
        return _stay(processes, told, people)
    except KeyboardInterrupt:
        say("\nstopping")
        return 0
    except (DidNotStart, RuntimeError, AssertionError) as failed:
        say(f"FAILED: {failed}")
        return 1
    finally:
        processes.stop()


def _prepare(processes: Any) -> dict[str, str]:
    """Schema, example data, a manager and a counter device (made once per database)."""
    processes.run("migrate")
    for line in processes.run("seed", "--accounts").splitlines():
        say(f"  {line}")
    password = processes.folder / "manager.password"
    database, token = processes.env["SHOP_DATABASE_URL"], processes.folder / "counter.token"
    if str(processes.folder) not in database:  # one of somebody's own has nobody in it yet
        token = processes.folder / f"counter-{hashlib.sha256(database.encode()).hexdigest()[:8]}.token"
    if not token.exists():
        password.write_text(PASSWORD)
        processes.run("create-manager", "demo", "--password-file", str(password))
        token.write_text(processes.run("create-device", "Demo counter").strip().splitlines()[-1])
    return {"name": "demo", "password": password.read_text(), "token": token.read_text()}


def _stay(processes: Any, told: dict[str, Any], people: dict[str, str]) -> int:
    say(
        f"""
The shop is open.
  traveller   {told["browser_url"]}/          (WeChat's browser, played by the sandbox; pay by pressing 立即支付)
  counter     {told["browser_url"]}/counter/   device token: {people["token"]}
  back office {told["browser_url"]}/manage/    name: {people["name"]}   password: {people["password"]}
  chat        {told["url"]}/phone/messages   (the chat of the account on travellers' phones, and what arrived there)
  API         {told["browser_url"]}/api/v1/docs
  sandbox     {told["url"]}/          (orders, notices, faults on demand)
  logs        {processes.folder.relative_to(ROOT)}/*.log
Ctrl-C stops everything."""
    )
    while (ended := processes.ended()) is None:
        time.sleep(1)
    say(f"{ended} ended by itself:\n{processes.tail(ended)}")
    return 1


class Steps:
    """Counts and times the steps of a walk."""

    def __init__(self) -> None:
        self.number = 0

    def __call__(self, words: str, does: Callable[[], Any]) -> Any:
        self.number += 1
        began = time.monotonic()
        answer = does()
        if isinstance(answer, tuple):  # what the next steps need, and what to say of it
            answer, told = answer[0], f": {answer[1]}"
        else:
            told = "" if answer is None else f": {answer}"
        say(f"{self.number:3}. {words}{told}  ({(time.monotonic() - began) * 1000:.0f} ms)")
        return answer


def walk(told: dict[str, Any], people: dict[str, str]) -> None:
    """One order by HTTP, from sign-in to report; every step is checked."""
    from back_room import Device, trip
    from visitor import Visitor

    OUTPUT.mkdir(exist_ok=True)
    step, traveller = Steps(), Visitor(told["browser_url"])
    device, going = Device(told["browser_url"], people["token"]), trip(datetime.now(UTC))
    step("the traveller opens the shop from the menu", lambda: traveller.get("/") and None)
    step("signs in silently through WeChat", lambda: _sign_in(traveller))
    sku = step("puts two products into the basket", lambda: _fill_basket(traveller))
    number = step(f"orders for {going['flight']} to {going['to']} and on to {going['final_destination']}", lambda: _order(traveller, going))
    step("pays with WeChat Pay", lambda: _pay(traveller, told["url"], number))
    step("WeChat's notice arrives and the order is paid", lambda: _wait_paid(traveller, number))
    code = step("gets the pickup QR code", lambda: _pickup(traveller, number))
    wave = step("a packer puts the orders of the next day into waves", lambda: device.wave_of(number, POINT))
    step("reads what to fetch, along the shelves", lambda: device.pick_list(wave))
    step("scans a wrong product, which is refused", lambda: device.refuse_wrong(number))
    step("scans every piece into the parcel", lambda: device.scan_pieces(number))
    step("puts the parcel on the shelf, and the traveller is told", lambda: device.put_ready(number))
    step("the traveller sees that it waits", lambda: _state(traveller, number, "ready"))
    checks = step("counter staff look at the parcel", lambda: device.look(code, number, going))
    step("scan it without checking anything, which is refused", lambda: device.refuse_unchecked(code, number))
    step("check, seal the bottles, and hand it over", lambda: device.hand_over(code, number, checks))
    step("the traveller sees that it is collected", lambda: _state(traveller, number, "collected"))
    step("a manager downloads the report as XLSX and CSV", lambda: _report(told, people, number, sku))
    say(f"     written: {', '.join(sorted(str(f.relative_to(ROOT)) for f in OUTPUT.iterdir()))}")


def _sign_in(traveller: Any) -> str:
    traveller.get("/sign-in?next=/basket")
    chosen = next(link for link in traveller.page.links if "code=" in link or "traveller=" in link)
    traveller.get(chosen)
    assert traveller.url.endswith("/basket"), f"came back to {traveller.url}"
    return "code exchanged, clean address"


def _fill_basket(traveller: Any) -> str:
    offers = [p for p in traveller.call("GET", "/api/v1/products?limit=40")["items"] if p["stock_state"] == "available"]
    chosen = [offers[0]["sku"], next(p["sku"] for p in offers if p["category"] != offers[0]["category"])]
    for sku, count in zip(chosen, (2, 1), strict=True):
        traveller.get(f"/products/{sku}")
        traveller.submit("/basket", quantity=str(count), then="stay")
    return " and ".join(chosen)


def _order(traveller: Any, going: dict[str, str]) -> str:
    traveller.get("/checkout")
    traveller.submit(
        "/checkout", flight=going["flight"], date=going["date"], final_destination=going["final_destination"],
        pickup_point=POINT, name="WANG XIAOMING", residence="CN", birth_date="1990-05-01",
    )  # fmt: skip
    found = re.search(r"/orders/(D[0-9A-Z]+)", traveller.url)
    assert found, f"no order, but {traveller.url}\n{traveller.text[-1500:]}"
    return found[1]


def _pay(traveller: Any, sandbox: str, number: str) -> str:
    traveller.get(f"/orders/{number}")
    jsapi = traveller.call("POST", f"/api/v1/orders/{number}/payment", 201)["jsapi"]
    answer = traveller.http.post(f"{sandbox}/phone/pay", json={**jsapi, "decision": "pay"}, timeout=10).json()
    assert answer["err_msg"] == "get_brand_wcpay_request:ok", answer
    return str(answer["err_msg"])


def _wait_paid(traveller: Any, number: str) -> str:
    end = time.monotonic() + 15
    while (order := traveller.call("GET", f"/api/v1/orders/{number}"))["state"] != "paid":
        assert time.monotonic() < end, f"still {order['state']}"
        time.sleep(0.1)
    return f"{order['total']['amount'] / 100:.2f} {order['total']['currency']}"


def _pickup(traveller: Any, number: str) -> str:
    import zxingcpp
    from PIL import Image

    told = traveller.call("GET", f"/api/v1/orders/{number}/pickup")
    file = OUTPUT / "pickup.png"
    file.write_bytes(traveller.get(f"/orders/{number}/pickup.png").content)
    read = [code.text for code in zxingcpp.read_barcodes(Image.open(file).convert("L"))]
    assert read == [told["token"]], f"the picture says {read}"
    return str(told["token"])


def _state(traveller: Any, number: str, wanted: str) -> str:
    state = traveller.call("GET", f"/api/v1/orders/{number}")["state"]
    assert state == wanted, state
    traveller.get(f"/orders/{number}")
    return str(state)


def _report(told: dict[str, Any], people: dict[str, str], number: str, _sku: str) -> str:
    from openpyxl import load_workbook
    from visitor import Visitor

    manager = Visitor(told["browser_url"])
    manager.get("/manage/sign-in?lang=en")
    manager.submit("/manage/sign-in", name=people["name"], password=people["password"])
    today = datetime.now(UTC).astimezone(ZoneInfo("Europe/Berlin")).date().isoformat()
    for kind in ("xlsx", "csv"):
        file = manager.get(f"/manage/reports/orders?from={today}&to={today}&format={kind}&lang=en")
        (OUTPUT / f"report.{kind}").write_bytes(file.content)
    lines = list(csv.reader((OUTPUT / "report.csv").read_text(encoding="utf-8-sig").splitlines()))
    in_csv = [row for row in lines if any(cell.strip("\t'") == number for cell in row)]
    book = load_workbook(OUTPUT / "report.xlsx", read_only=True)
    in_xlsx = [row for row in book.worksheets[0].iter_rows(values_only=True) if number in row]
    assert len(in_csv) == len(in_xlsx) == 2, f"{len(in_csv)} lines in CSV, {len(in_xlsx)} in XLSX"
    header = next(i for i, row in enumerate(lines) if "Line total" in row or "line_total" in row)
    column = next(i for i, name in enumerate(lines[header]) if name in ("Line total", "line_total"))
    csv_sum = round(sum(float(row[column]) for row in in_csv) * 100)
    xlsx_sum = round(sum(float(row[column]) for row in in_xlsx) * 100)
    assert csv_sum == xlsx_sum, f"CSV says {csv_sum}, XLSX says {xlsx_sum}"
    return f"{len(in_csv)} lines of {number}, {csv_sum / 100:.2f} in both"


if __name__ == "__main__":
    sys.exit(main())
