"""What travellers do on a bad day: each order follows one plan, drawn by the seed."""

import random
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from .books import Books
from .people import GaveUp, Journal, Manager, Scanner, Story, Traveller

PLENTY, SCARCE = 16, 4  # kinds of products of which there is enough, and of which there is not
WEIGHTS = {
    "pays and collects": 34, "pays and leaves": 22, "never opens the payment": 4, "cancels before paying": 6,
    "cancels an open payment": 7, "cancels while paying": 7, "cancels when paid": 8, "some of it is refunded": 4,
    "walks away": 4, "pays late": 2, "pays twice": 2,
}  # fmt: skip
AT_WECHAT_CLOSED, AT_WECHAT_OPEN = "CLOSED", "NOTPAY"


def plain_sku(n: int) -> str:
    return f"PLAIN-{n:02}"


def scarce_sku(n: int) -> str:
    return f"SCARCE-{n:02}"


@dataclass
class Town:
    """Whom the travellers meet, and what is kept for the evening."""

    books: Books
    journal: Journal
    block: Callable[[str], None]  # let no question about this number reach WeChat any more
    late: list[str] = field(default_factory=list)  # numbers at WeChat Pay that are paid in the evening
    wechat_state: Callable[[str, str], None] = lambda _no, _state: None
    wechat_pay: Callable[[str], None] = lambda _no: None


class Day:
    """One traveller's orders, one after the other."""

    def __init__(self, town: Town, who: Traveller, scanners: tuple[Scanner, Scanner], manager: Manager) -> None:
        self.town, self.who, self.scanners, self.manager = town, who, scanners, manager
        self.journal = town.journal
        self.verbs: dict[str, Callable[[Story, random.Random], None]] = {
            "pays and collects": self.pays_and_collects, "pays and leaves": self.pays_and_leaves,
            "never opens the payment": lambda _story, _chance: None,
            "cancels before paying": self.cancels_before, "cancels an open payment": self.cancels_open,
            "cancels while paying": self.cancels_while_paying, "cancels when paid": self.cancels_paid,
            "some of it is refunded": self.refunded_in_part, "walks away": self.walks_away,
            "pays late": self.pays_late, "pays twice": self.pays_twice,
        }  # fmt: skip

    def order(self, chance: random.Random, plans: dict[str, int]) -> None:
        """One order from beginning to end, as `chance` decides. What nobody answers for a minute is left as it is."""
        plan = chance.choices(list(plans), list(plans.values()))[0]
        basket = self._basket(chance, scarce=plan == "pays late" or chance.random() < 0.15)
        try:
            answer = self.who.place(basket)
            if answer.code == "out_of_stock":
                self.journal.count("orders refused: out of stock")
                answer = self.who.place(self._basket(chance, scarce=False))
            if answer.status != 201:
                self.journal.complain(f"an order was refused: {answer.status} {answer.body}")
                return
            story = self.journal.begin(str(answer.body["number"]), plan)
            self.verbs[plan](story, chance)
        except GaveUp as why:
            self.journal.count("travellers who gave up")
            self.journal.given_up.append(f"{plan}: gave up at {why}")

    def _basket(self, chance: random.Random, *, scarce: bool) -> dict[str, int]:
        basket = {plain_sku(n): chance.randint(1, 3) for n in chance.sample(range(PLENTY), chance.randint(1, 3))}
        return basket | {scarce_sku(chance.randrange(SCARCE)): 1} if scarce else basket

    # --- those who pay -----------------------------------------------------------------------------------------------

    def _paid(self, story: Story) -> bool:
        """Pay, and look at the order page until it says so. False: it did not yet, or it will not."""
        if not self.who.pay(story.number):
            return self.who.state(story.number) == "paid"
        if self.who.wait_until_paid(story.number) != "paid":
            self.journal.count("travellers who left before the page said paid")
            return False
        story.told = "paid"
        return True

    def pays_and_leaves(self, story: Story, _chance: random.Random | None = None) -> None:
        self.who.pay(story.number)  # and puts the phone away: a notice or the worker's question has to tell the shop

    def pays_and_collects(self, story: Story, chance: random.Random) -> None:
        if self._paid(story):
            self._collects(story, chance)

    def _collects(self, story: Story, chance: random.Random) -> None:
        code, scan_id = self.who.code(story.number), secrets.token_hex(10)
        outcome = self._scan(story, code, scan_id, self.scanners[0])
        if outcome != "collected":
            self.journal.complain(f"{story.number}: told paid, but the counter said {outcome}")
            return
        story.told = "collected"
        lost, doubted = chance.random() < 0.4, chance.random() < 0.4
        if lost:  # the answer got lost: the same scan again
            again = self._scan(story, code, scan_id, self.scanners[0])
            if again != "collected":
                self.journal.complain(f"{story.number}: the same scan again was told {again}")
        if doubted:  # another counter
            other = self._scan(story, code, secrets.token_hex(10), self.scanners[1])
            if other != "already_collected":
                self.journal.complain(f"{story.number}: a second scan was told {other}")

    def _scan(self, story: Story, code: str, scan_id: str, scanner: Scanner) -> str:
        outcome = scanner.scan(code, scan_id)
        if outcome == "collected":
            story.handed_over_by.add(scan_id)
        return outcome

    def refunded_in_part(self, story: Story, chance: random.Random) -> None:
        if not self._paid(story):
            return
        answer = self.who.line.call("GET", f"/api/v1/orders/{story.number}")
        line = answer.body["lines"][0]
        if chance.random() < 0.5:
            what: dict[str, object] = {"amount": {**line["unit_price"], "amount": line["unit_price"]["amount"] // 2}}
        else:
            what = {"lines": [{"sku": line["sku"], "quantity": 1}]}
        told = self.manager.refund(story.number, reason="goodwill", **what)
        if told.status != 202:
            self.journal.complain(f"{story.number}: a refund was refused: {told.status} {told.body}")
        alone = len(answer.body["lines"]) == 1 and line["quantity"] == 1
        if "lines" in what and alone:
            story.told = "cancelled"  # nothing is left to hand over
        elif chance.random() < 0.5:
            self._collects(story, chance)

    # --- those who cancel --------------------------------------------------------------------------------------------

    def _cancels(self, story: Story) -> None:
        answer = self.who.cancel(story.number)
        if answer.status == 200 and answer.body["state"] == "cancelled":
            story.told = "cancelled"
        elif answer.code not in ("order_state_changed", "") or answer.status not in (200, 409):
            self.journal.complain(f"{story.number}: cancelling answered {answer.status} {answer.body}")

    def cancels_before(self, story: Story, _chance: random.Random) -> None:
        self._cancels(story)

    def cancels_open(self, story: Story, _chance: random.Random) -> None:
        parameters = self.who.open_payment(story.number)
        self._cancels(story)
        if parameters and story.told == "cancelled" and self.who.press_pay(parameters):
            self.journal.complain(f"{story.number}: cancelled, and could be paid all the same")

    def cancels_while_paying(self, story: Story, chance: random.Random) -> None:
        """One hand pays, the other cancels: whoever WeChat hears first wins, and the loser is told so."""
        parameters = self.who.open_payment(story.number)
        if parameters is None:
            return
        told: list[str] = []
        # Paying is one step, cancelling is three (ask, close, ask): only who hesitates is overtaken.
        before_paying, before_cancelling = chance.uniform(0, 0.4), chance.uniform(0, 0.05)

        def cancel() -> None:
            line = self.who.another_tab()
            time.sleep(before_cancelling)
            try:
                told.append(str(self.who.cancel(story.number, line=line).body.get("state")))
            except GaveUp:
                self.journal.count("travellers who gave up")
            finally:
                line.close()

        other_hand = threading.Thread(target=cancel)
        other_hand.start()
        time.sleep(before_paying)
        try:
            self.who.press_pay(parameters)
        finally:
            other_hand.join()
        if told == ["cancelled"]:
            story.told = "cancelled"
            self.journal.count("cancelled while paying: cancelled")
        elif self.who.wait_until_paid(story.number) == "paid":
            story.told = "paid"
            self.journal.count("cancelled while paying: paid")

    def cancels_paid(self, story: Story, chance: random.Random) -> None:
        if not self._paid(story):
            return
        for _ in range(2 if chance.random() < 0.3 else 1):
            answer = self.who.cancel(story.number, refund=True)
            if answer.body.get("state") != "cancelled":
                self.journal.complain(f"{story.number}: a paid order was not cancelled: {answer.status} {answer.body}")
                return
        story.told = "cancelled"

    # --- odd payments ------------------------------------------------------------------------------------------------

    def walks_away(self, story: Story, _chance: random.Random) -> None:
        self.who.open_payment(story.number)

    def pays_late(self, story: Story, _chance: random.Random) -> None:
        """Confirms in time, but the bank books it in the evening, and until then no question about it reaches WeChat."""
        if self.who.open_payment(story.number) is None:
            return
        number = self.town.books.newest_attempt(story.number)
        self.town.block(number)
        self.town.late.append(number)

    def pays_twice(self, story: Story, _chance: random.Random) -> None:
        """WeChat closes the first payment, the second one is made, and then the bank books the first one after all."""
        if self.who.open_payment(story.number) is None:
            return
        first = self.town.books.newest_attempt(story.number)
        self.town.wechat_state(first, AT_WECHAT_CLOSED)
        for _ in range(12):
            self.who.check(story.number)
            if self.town.books.attempt_state(first) == "closed":
                break
            time.sleep(1.0)
        if not self._paid(story) or self.town.books.newest_attempt(story.number) == first:
            return
        self.town.wechat_state(first, AT_WECHAT_OPEN)
        self.town.wechat_pay(first)
        self.journal.count("payments made")
        self.journal.count("payments made twice")
