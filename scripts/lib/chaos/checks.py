"""What must be true after a bad day, whatever happened: WeChat's list of money beside the shop's tables."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .books import Books
from .people import Journal

LIVES = ("paid", "packing", "ready", "collected", "partly_collected")
SETTLED = ("settles", "revives")
# What is still under way, by plain SQL. All of it is 0 in a shop that is quiet.
UNFINISHED: Mapping[str, str] = {
    "questions to ask": "SELECT count(*) FROM attempts WHERE next_check_at IS NOT NULL AND state IN ('created', 'prepaid')",
    "refunds": "SELECT count(*) FROM refunds WHERE state IN ('requested', 'processing', 'waiting_funds', 'abnormal')",
    "announcements": "SELECT count(*) FROM announcements WHERE spread_at IS NULL",
    "deliveries": "SELECT count(*) FROM deliveries WHERE done_at IS NULL AND given_up_at IS NULL",
}
STUCK: Mapping[str, str] = {
    "orders past their time to pay": "SELECT count(*) FROM orders WHERE state = 'awaiting_payment' AND hold_until < now()",
    "orders marked as being refunded, with no refund under way": """
        SELECT count(*) FROM orders o WHERE refund_state = 'requested' AND NOT EXISTS (
          SELECT 1 FROM refunds r WHERE r.order_id = o.id AND r.state IN ('requested', 'processing', 'waiting_funds', 'abnormal'))""",
    "deliveries given up": "SELECT count(*) FROM deliveries WHERE given_up_at IS NOT NULL",
}


@dataclass(frozen=True)
class Figure:
    """A line of the table. `wanted` None: it is only told."""

    group: str
    what: str
    value: int
    wanted: int | None = None

    @property
    def wrong(self) -> bool:
        return self.wanted is not None and self.value != self.wanted


def everything(books: Books, money: Mapping[str, Any], at_first: Mapping[str, int], journal: Journal) -> list[Figure]:
    """All figures, in the order in which they are read."""
    found = [*_payments(books, money), *_refunds(books, money), *_orders(books, journal), *_stock(books, at_first)]
    return [*found, *_parcels(books, journal), *_told(books, journal)]


# --- money -----------------------------------------------------------------------------------------------------------


def _payments(books: Books, money: Mapping[str, Any]) -> Iterator[Figure]:
    group = "payments"
    theirs = {one["transaction_id"]: one for one in money["orders"]}
    ours = {
        row[0]: row[1:]
        for row in books.rows(
            "SELECT p.transaction_id, p.amount_minor, p.amount_currency, p.verdict, p.order_id, o.state, p.refunded_minor, "
            "COALESCE((SELECT sum(r.amount_minor) FROM refunds r WHERE r.payment_id = p.id AND r.state = 'success'), 0) "
            "FROM payments p LEFT JOIN orders o ON o.id = p.order_id"
        )
    }
    yield Figure(group, "taken by WeChat", len(theirs))
    yield Figure(group, "taken by WeChat, minor units", sum(one["paid"] for one in theirs.values()))
    yield Figure(group, "of them unknown to the shop", len(theirs.keys() - ours.keys()), 0)
    yield Figure(group, "in the shop's book, unknown to WeChat", len(ours.keys() - theirs.keys()), 0)
    both = theirs.keys() & ours.keys()
    other = sum((theirs[t]["paid"], theirs[t]["currency"]) != ours[t][:2] for t in both)
    yield Figure(group, "with another amount or currency", other, 0)
    on_orders: Counter[int] = Counter()
    returned = kept = nowhere = 0
    for amount, _, verdict, order_id, state, _, back in ours.values():
        if verdict in SETTLED and state in LIVES:
            on_orders[order_id] += 1
            kept += amount - back
        elif back == amount:
            returned += 1
        else:
            nowhere += 1
    yield Figure(group, "on exactly one order that lives", sum(n for n in on_orders.values() if n == 1))
    yield Figure(group, "refunded in full", returned)
    yield Figure(group, "neither on an order nor refunded", nowhere, 0)
    yield Figure(group, "that share their order with another", sum(n for n in on_orders.values() if n > 1), 0)
    verdicts = Counter(row[2] for row in ours.values())
    for verdict in ("revives", "too_late", "paid_twice"):
        yield Figure(group, f"judged {verdict}", verdicts[verdict])
    theirs_left = sum(one["paid"] - one["refunded"] for one in theirs.values())
    yield Figure(group, "kept in the end, minor units", kept, theirs_left)


def _refunds(books: Books, money: Mapping[str, Any]) -> Iterator[Figure]:
    group = "refunds"
    theirs = {r["out_refund_no"]: r for one in money["orders"] for r in one["refunds"]}
    ours = {row[0]: row[1:] for row in books.rows("SELECT out_refund_no, amount_minor, state FROM refunds")}
    done_there = {no: one["amount"] for no, one in theirs.items() if one["status"] == "SUCCESS"}
    done_here = {no: amount for no, (amount, state) in ours.items() if state == "success"}
    yield Figure(group, "made by WeChat", len(done_there))
    yield Figure(group, "made by WeChat, minor units", sum(done_there.values()))
    yield Figure(group, "done here, minor units", sum(done_here.values()), sum(done_there.values()))
    yield Figure(group, "done there but not here, or the other way round", len(done_there.items() ^ done_here.items()), 0)
    yield Figure(group, "at WeChat that the shop never asked for", len(theirs.keys() - ours.keys()), 0)
    closed = sum(state == "closed" for _, state in ours.values())
    yield Figure(group, "closed by WeChat and sent again under a new number", closed)
    too_much = sum(one["refunded"] + one["under_way"] > one["paid"] for one in money["orders"])
    yield Figure(group, "payments refunded beyond what came in (WeChat)", too_much, 0)
    yield Figure(
        group, "payments refunded beyond what came in (shop)",
        books.one(
            "SELECT count(*) FROM payments p WHERE amount_minor < (SELECT COALESCE(sum(amount_minor), 0) FROM refunds r "
            "WHERE r.payment_id = p.id AND r.state <> 'closed') OR refunded_minor <> (SELECT COALESCE(sum(amount_minor), 0) "
            "FROM refunds r WHERE r.payment_id = p.id AND r.state <> 'closed')"
        ), 0,
    )  # fmt: skip


# --- orders ----------------------------------------------------------------------------------------------------------


def _orders(books: Books, journal: Journal) -> Iterator[Figure]:
    group = "orders"
    yield Figure(group, "placed", books.one("SELECT count(*) FROM orders"), journal.counts["orders placed"])
    for state, count in books.rows("SELECT state, count(*) FROM orders GROUP BY state ORDER BY state"):
        yield Figure(group, str(state), count)
    for what, question in (UNFINISHED | STUCK).items():
        yield Figure("stuck", what, books.one(question), 0)


def _stock(books: Books, at_first: Mapping[str, int]) -> Iterator[Figure]:
    """The four numbers of each product against what there was, and against the claims of the orders."""
    claims: dict[int, Counter[str]] = defaultdict(Counter)
    for product, state, pieces in books.rows("SELECT product_id, state, sum(quantity) FROM stock_holds GROUP BY 1, 2"):
        claims[product][state] = int(pieces)
    vanished = wrong = oversold = 0
    rows = books.rows(
        "SELECT p.sku, s.product_id, s.on_hand, s.held, s.allocated, s.handed_over FROM stock s JOIN products p ON p.id = s.product_id"
    )
    for sku, product, on_hand, held, allocated, handed_over in rows:
        mine = claims[product]
        vanished += on_hand + handed_over != at_first[sku]
        wrong += (held, allocated, handed_over) != tuple(mine[state] for state in ("held", "allocated", "handed_over"))
        oversold += held + allocated + handed_over > at_first[sku]
    group = "stock"
    yield Figure(group, "products", len(rows), len(at_first))
    yield Figure(group, "pieces handed over", sum(row[5] for row in rows))
    yield Figure(group, "products of which pieces appeared or vanished", vanished, 0)
    yield Figure(group, "products whose numbers are not the sums of their orders' claims", wrong, 0)
    yield Figure(group, "products sold more often than they were there", oversold, 0)
    yield Figure(
        group, "claims that do not fit the state of their order",
        books.one(
            "SELECT count(*) FROM stock_holds h JOIN orders o ON o.id = h.reference WHERE h.state <> CASE o.state "
            "WHEN 'awaiting_payment' THEN 'held' WHEN 'collected' THEN 'handed_over' WHEN 'paid' THEN 'allocated' ELSE 'released' END "
            "AND NOT (h.state = 'released' AND EXISTS (SELECT 1 FROM order_lines l WHERE l.order_id = o.id "
            "AND l.product_id = h.product_id AND l.refunded = l.quantity))"
        ), 0,
    )  # fmt: skip


# --- what people were told ---------------------------------------------------------------------------------------------


def _parcels(books: Books, journal: Journal) -> Iterator[Figure]:
    group = "parcels"
    collected = {
        number: (scan, count)
        for number, scan, count in books.rows(
            "SELECT o.number, p.scan_id, (SELECT count(*) FROM scans s WHERE s.order_id = o.id AND s.outcome = 'collected') "
            "FROM orders o JOIN pickups p ON p.order_id = o.id WHERE p.collected_at IS NOT NULL"
        )
    }
    yield Figure(group, "handed over", len(collected))
    yield Figure(group, "handed over twice, by the audit", sum(count != 1 for _, count in collected.values()), 0)
    heard = {story.number: story.handed_over_by for story in journal.stories.values() if story.handed_over_by}
    yield Figure(group, "handed over twice, by what counters were told", sum(len(scans) > 1 for scans in heard.values()), 0)
    other = sum({collected[n][0]} != scans if n in collected else True for n, scans in heard.items())
    yield Figure(group, "for which a counter was told what is not so", other, 0)
    yield Figure(
        group, "handed over without money",
        books.one(
            "SELECT count(*) FROM pickups p WHERE p.collected_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM payments t "
            "WHERE t.order_id = p.order_id AND t.verdict IN ('settles', 'revives') AND t.refunded_minor < t.amount_minor)"
        ), 0,
    )  # fmt: skip


def _told(books: Books, journal: Journal) -> Iterator[Figure]:
    states = dict(books.rows("SELECT number, state FROM orders"))
    stories = [story for story in journal.stories.values() if story.told]
    yield Figure("told", "travellers who were told a final state", len(stories))
    broken = [story for story in stories if story.told != states.get(story.number)]
    for story in broken:
        journal.complain(f"{story.number} ({story.plan}): told {story.told}, is {states.get(story.number)}")
    yield Figure("told", "of them told something that is not so any more", len(broken), 0)
    yield Figure("told", "answers that should not have been", len(journal.broken) - len(broken), 0)


# --- for whoever looks for the reason ----------------------------------------------------------------------------------


def suspects(books: Books, money: Mapping[str, Any], journal: Journal, most: int = 12) -> list[str]:
    """Payments that are nowhere, each with all that the tables say of it."""
    said = []
    for one in money["orders"]:
        row = books.rows(
            "SELECT p.verdict, o.number, o.state, p.amount_minor, COALESCE((SELECT sum(r.amount_minor) FROM refunds r "
            "WHERE r.payment_id = p.id AND r.state = 'success'), 0), p.id FROM payments p LEFT JOIN orders o ON o.id = p.order_id "
            "WHERE p.transaction_id = %s", (one["transaction_id"],),
        )  # fmt: skip
        if row and (row[0][0] in SETTLED and row[0][2] in LIVES or row[0][3] == row[0][4]):
            continue
        said.append(f"{one['out_trade_no']}: {_all_about(books, one, journal, row[0] if row else None)}")
    return said[:most]


def _all_about(books: Books, one: Mapping[str, Any], journal: Journal, ours: tuple[Any, ...] | None) -> str:
    attempts = books.rows(
        "SELECT a.state, o.number, o.state FROM attempts a JOIN orders o ON o.id = a.order_id WHERE a.out_trade_no = %s",
        (one["out_trade_no"],),
    )  # fmt: skip
    story = journal.stories.get(str(attempts[0][1])) if attempts else None
    notices = books.rows("SELECT event_type, verdict FROM payment_notices WHERE out_trade_no = %s ORDER BY id", (one["out_trade_no"],))
    refunds = books.rows(
        "SELECT out_refund_no, state, cause, tries, last_said FROM refunds WHERE payment_id = %s ORDER BY id",
        (ours[5] if ours else 0,),
    )
    history = books.rows(
        "SELECT new_state, who, why FROM order_history h JOIN orders o ON o.id = h.order_id WHERE o.number = %s ORDER BY h.id",
        (attempts[0][1] if attempts else "",),
    )
    plan = story.plan if story else "-"
    return f"plan {plan}; ours {ours}; attempts {attempts}; heard {notices}; refunds {refunds}; WeChat {one['refunds']}; {history}"
