"""The packer and the counter of the demo: one parcel from the wave to the hand-over, as their devices speak to the shop."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import requests
from visitor import UnexpectedAnswer

AT_LEAST, AT_MOST = timedelta(hours=4), timedelta(hours=23)  # orders are taken, and a wave takes what leaves within a day
OTHER_EAN = "4006381333931"


class Checks(dict[str, Any]):
    """What staff answer, and as text what they were asked."""

    def __str__(self) -> str:
        return f"to check: {', '.join(self) or 'nothing'}"


def trip(now: datetime, terminal: str = "T1", to: str = "PEK") -> dict[str, str]:
    """A flight of the example shop that is packed for today, for a journey that goes on: liquids need a sealed bag."""
    from shop import seed

    here = now.astimezone(ZoneInfo("Europe/Berlin"))
    for day in (here.date() + timedelta(days=n) for n in range(2)):
        for flight in seed.load().flights:
            hour, minute = map(int, flight["departs"].split(":"))
            departs = here.replace(year=day.year, month=day.month, day=day.day, hour=hour, minute=minute, second=0, microsecond=0)
            if (flight["to"], flight["terminal"]) != (to, terminal) or day.isoweekday() not in flight["weekdays"]:
                continue
            if AT_LEAST <= departs - here <= AT_MOST:
                return {"flight": flight["number"], "date": day.isoformat(), "to": to, "final_destination": flight["onward"][0]}
    raise RuntimeError(f"no flight to {to} leaves between four hours and a day from now")


class Device:
    """A tablet at a counter, or in the back room behind it. Every answer that is not as expected raises UnexpectedAnswer."""

    def __init__(self, origin: str, token: str) -> None:
        self.origin = origin
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.headers["Authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        answer = self.http.request(method, f"{self.origin}/api/v1{path}", json=body, timeout=10)
        if answer.status_code != status:
            raise UnexpectedAnswer(f"{method} {path}: {answer.status_code}, not {status}\n{answer.text[:600]}")
        return answer.json()

    # --- packing ------------------------------------------------------------------------------------------------------

    def wave_of(self, number: str, point: str) -> tuple[int, str]:
        """The wave that this order is packed in, and what it is."""
        waves = self.call("POST", "/packing/waves", {"point": point})["items"]
        key = self.call("GET", f"/packing/orders/{number}")["wave"]
        wave = next(each for each in waves if each["id"] == key)
        return key, f"wave {key}, {', '.join(wave['flights'])}: {wave['left']} of {wave['orders']} parcels to pack"

    def pick_list(self, wave: int) -> str:
        """Where to go and how many to take, along the shelves."""
        lines = self.call("GET", f"/packing/waves/{wave}?lang=en")["lines"]
        places = [line["location"] for line in lines]
        assert places == sorted(places), places
        assert all(line["total"] == sum(one["quantity"] for one in line["orders"]) for line in lines), lines
        return "; ".join(f"{line['location']} {line['total']} × {line['name']}" for line in lines)

    def refuse_wrong(self, number: str) -> str:
        said = self.call(
            "POST", f"/packing/orders/{number}/pieces", {"ean": OTHER_EAN, "scan_id": f"demo-{number}-wrong"}, 422
        )
        assert said["code"] == "wrong_article", said
        return str(said["code"])

    def scan_pieces(self, number: str) -> str:
        """Every piece by its EAN; the same scan twice counts once."""
        said, counts = {"missing": -1}, []
        for line in self.call("GET", f"/packing/orders/{number}")["lines"]:
            for n in range(line["wanted"]):
                scan = {"ean": line["ean"], "scan_id": f"demo-{number}-{line['position']}-{n}"}
                said = [self.call("POST", f"/packing/orders/{number}/pieces", scan) for _ in range(2)][-1]
            counts.append(f"{said['packed']} of {said['wanted']}")
        assert said["missing"] == 0, said
        return " and ".join(counts)

    def put_ready(self, number: str) -> str:
        slot = self.call("GET", f"/packing/orders/{number}")["proposed_slot"]
        self.call("POST", f"/packing/orders/{number}/ready", {"slot": slot, "by_hand": False})
        return f"slot {slot}"

    # --- the counter --------------------------------------------------------------------------------------------------

    def look(self, code: str, number: str, going: dict[str, str]) -> Checks:
        """What has to be checked for this parcel, and what staff will answer."""
        looked = self.call("POST", "/counter/look", {"code": code})
        assert looked["order"]["number"] == number, looked
        assert looked["outcome"] == "needs_check", looked
        shown = {"flight": going["flight"], "date": going["date"], "destination": going["to"], "name_match": "same"}
        answers = {"boarding_pass": shown, "identity": "seen", "age": "adult", "sealed_bag": "STEB-000042"}
        return Checks({check["kind"]: answers[check["kind"]] for check in looked["checks"]})

    def refuse_unchecked(self, code: str, number: str) -> str:
        said = self._scan(code, f"demo-{number}-unchecked", {})
        assert said["outcome"] == "needs_check", said
        return str(said["outcome"])

    def hand_over(self, code: str, number: str, checks: Checks) -> str:
        answers = [self._scan(code, f"demo-{number}", checks) for _ in range(2)]
        assert all(a["outcome"] == "collected" and a["order"]["number"] == number for a in answers), answers
        again = self._scan(code, f"demo-{number}-again", checks)
        assert again["outcome"] == "already_collected", again
        return "collected; the same scan again says the same; another scan says already_collected"

    def _scan(self, code: str, scan_id: str, checks: Checks | dict[str, Any]) -> Any:
        body = {"code": code, "scan_id": scan_id, "scanned_at": datetime.now(UTC).isoformat(), "checks": checks}
        return self.call("POST", "/counter/scans", body)
