"""A file of products: checked line by line, applied whole or not at all, never twice, never over somebody else's change."""

import io
from datetime import timedelta

import builders
import pytest
from exchange.conftest import NOW, WHO, Send, faults_of, lines_of, shelves, xlsx_of
from flask import Flask
from sqlalchemy import select

from shop.base.audit import AuditRow
from shop.base.db import reading
from shop.base.money import Currency, Money
from shop.catalogue import ledger, pricing, rows
from shop.catalogue.ledger_models import StockMovement
from shop.catalogue.price_models import Price
from shop.catalogue.states import MovementReason, PriceKind
from shop.exchange import applying, checking, commands, queries
from shop.exchange.states import ImportState, Outcome
from shop.sheets.refusals import UnreadableFile

NEW = "SP-NEW,4006381333931,spirits,Neuburg,新品,19.90"
HEADER = "sku,ean,category,brand,name_zh,price"


def product(sku: str) -> rows.ProductRow:
    with reading() as session:
        return rows.rows_in(session, [sku], NOW)[sku]


def test_the_check_says_before_and_after_and_changes_nothing(send: Send) -> None:
    sku, other = builders.a_product(price=50_00), builders.a_product(price=20_00)
    before = shelves()

    sent = send(["sku,price,name_en", f"{sku},45.00,Whisky new", f"{other},20.00,"])

    assert (sent.state, sent.changed, sent.unchanged, sent.faulty) == (ImportState.CHECKED, 1, 1, 0)
    first, second = lines_of(sent)
    assert (first.line, first.outcome, first.changes["price"]) == (2, Outcome.CHANGED, (50_00, 45_00))
    assert (second.outcome, second.changes) == (Outcome.UNCHANGED, {})
    assert shelves() == before


def test_what_was_shown_is_done_with_history_version_and_audit(send: Send, apply: Send) -> None:
    sku = builders.a_product(price=50_00)

    done = apply(send([f"{HEADER},active", f"{sku},,,Neue Marke,,45", f"{NEW},yes"]))

    assert done.state is ImportState.APPLIED
    changed, made = product(sku), product("SP-NEW")
    assert (changed.price, changed.brand, changed.name_zh[:6]) == (45_00, "Neue Marke", "Whisky")
    assert (made.ean, made.price, made.brand, made.active, made.on_hand) == ("4006381333931", 19_90, "Neuburg", True, 0)
    with reading() as session:
        prices = session.scalars(select(Price.amount_minor).where(Price.product_id == changed.id).order_by(Price.id)).all()
        deeds = session.scalars(select(AuditRow.action).where(AuditRow.thing == f"import:{done.id}").order_by(AuditRow.id)).all()
    assert list(prices) == [50_00, 45_00]
    assert list(deeds) == ["catalogue.import_confirmed", "catalogue.imported"]


def test_every_fault_of_a_line_is_named_with_its_column_and_nothing_is_changed(send: Send) -> None:
    sku = builders.a_product()
    before = shelves()

    sent = send(
        [
            "sku,ean,category,brand,name_zh,price,active,publish_from,publish_until",
            f"{sku},123,nowhere,FICHTENTAL,-,1.234,maybe,03/04/2026,",
            "sp new,4006381333931,spirits,Neuburg,新品,1,,,",
            "SP-LACKS,,,,,,,,",
            f"{sku},,,,,1,,,",
            ",,,,x,,,,",
            "SP-TIMES,4006381333948,spirits,Neuburg,新品,1,,2026-12-02,2026-12-01",
            "SP-WIDE,4006381333955,spirits,Neuburg,新品,1,,,,too far",
        ]
    )

    assert sent.state is ImportState.FAULTY
    assert faults_of(sent) == [
        (2, "ean", "wrong_ean"), (2, "category", "no_such_category"), (2, "brand", "brand_spelling"), (2, "name_zh", "cannot_clear"),
        (2, "price", "unclear_number"), (2, "active", "not_yes_or_no"), (2, "publish_from", "unclear_date"), (3, "sku", "wrong_sku"),
        (4, "ean", "missing"), (4, "category", "missing"), (4, "brand", "missing"), (4, "name_zh", "missing"), (4, "price", "missing"),
        (5, "sku", "sku_twice"), (6, "sku", "missing"), (7, "publish_until", "wrong_period"), (8, "", "beyond_columns"),
    ]  # fmt: skip
    assert shelves() == before
    with pytest.raises(commands.NotToBeApplied):
        commands.confirm(sent.id, sent.run, WHO, NOW)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"price,name\n1,x\n", "no_header"), (b"sku,price\n", "no_rows"), (b"sku,price,Price,Duty-free price\nA,1,2,3\n", "columns_twice"),
        (b"PK\x03\x04 not a zip", "broken_archive"), (b"%PDF-1.4", "not_a_table"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_table_of_ours_says_why(send: Send, content: bytes, reason: str) -> None:
    sent = send(content)

    assert (sent.state, sent.notes["reason"]) == (ImportState.UNREADABLE, reason)


def test_an_empty_or_far_too_large_file_is_not_even_kept(app: Flask) -> None:
    for content, reason in ((b"", "empty"), (b"x" * ((64 << 20) + 1), "too_large")):
        with pytest.raises(UnreadableFile) as refused:
            commands.take_in(io.BytesIO(content), "x", Currency.EUR, WHO, NOW)
        assert refused.value.reason == reason
    assert queries.latest() == []


def test_labels_of_any_language_are_columns_and_others_are_named(send: Send) -> None:
    sku = builders.a_product(price=50_00)

    sent = send(f"商品编码;免税价;Bemerkung\n{sku};45,00;x\n".encode("gbk"))

    assert (sent.notes["encoding"], sent.notes["separator"], sent.notes["unknown"]) == ("GB18030 (GBK)", ";", ["Bemerkung"])
    assert lines_of(sent)[0].changes["price"] == (50_00, 45_00)


def test_an_empty_cell_leaves_alone_and_a_dash_takes_away(send: Send, apply: Send) -> None:
    sku = builders.a_product(location="A-1", alcohol=400)

    apply(send(["sku,location,alcohol_vol,volume_ml,text_en", f"{sku},-,,-,-"]))

    found = product(sku)
    assert (found.location, found.alcohol_permille, found.volume_ml, found.text_en) == (None, 400, None, "")


def test_planned_prices_come_are_changed_and_go(send: Send, apply: Send) -> None:
    sku = builders.a_product(price=50_00)

    apply(send(["sku,planned_price,planned_from", f"{sku},40,2026-12-01 08:00"]))
    assert (product(sku).price, product(sku).planned_minor) == (50_00, 40_00)
    apply(send(["sku,planned_price", f"{sku},39"]))
    assert product(sku).planned_minor == 39_00
    assert product(sku).planned_from is not None
    sent = send(["sku,planned_price", f"{sku},-"])
    assert lines_of(sent)[0].changes["planned_from"] == ("2026-12-01 08:00", None)
    apply(sent)

    assert (product(sku).planned_minor, product(sku).planned_from, product(sku).price) == (None, None, 50_00)


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("40,", ("planned_from", "missing")), (",2026-12-01", ("planned_price", "missing")),
        ("40,2026-11-01", ("planned_from", "price_in_the_past")),
        ("50,2026-12-01", ("planned_price", "planned_same_price")), ("0,2026-12-01", ("planned_price", "wrong_price")),
    ],
)  # fmt: skip
def test_a_planned_price_that_cannot_be_is_refused(send: Send, row: str, fault: tuple[str, str]) -> None:
    sku = builders.a_product(price=50_00)

    assert (2, *fault) in faults_of(send(["sku,planned_price,planned_from", f"{sku},{row}"]))


def test_stock_changes_only_by_a_count_which_is_booked(send: Send, apply: Send) -> None:
    sku, same = builders.a_product(on_hand=10), builders.a_product(on_hand=7)

    apply(send(["sku,on_hand,count", f"{sku},99,8", f"{same},99,7", "SP-X,,"][:3]))

    assert (builders.stock_of(sku)[0], builders.stock_of(same)[0]) == (8, 7)
    with reading() as session:
        booked = session.execute(select(StockMovement.reason, StockMovement.quantity, StockMovement.who).order_by(StockMovement.id)).all()
    assert [tuple(row) for row in booked[-2:]] == [("count", -2, WHO), ("count", 0, WHO)]


def test_a_count_below_what_orders_were_promised_is_refused(send: Send) -> None:
    sku = builders.a_product(on_hand=5)
    builders.a_paid_order({sku: 3})

    assert faults_of(send(["sku,count", f"{sku},2"])) == [(2, "count", "not_enough_to_take")]


def test_a_count_of_stock_that_moved_since_the_check_is_not_booked(send: Send, apply: Send) -> None:
    sku = builders.a_product(on_hand=5)
    sent = send(["sku,count", f"{sku},4"])
    ledger.book(sku, ledger.Booking(reason=MovementReason.DELIVERY, number=6), WHO, NOW)

    done = apply(sent)

    assert (done.state, done.notes["reason"]) == (ImportState.OVERTAKEN, "stock_moved")
    assert builders.stock_of(sku)[0] == 11


def test_what_somebody_changed_since_the_check_is_not_overwritten_and_nothing_else_is_done(send: Send, apply: Send) -> None:
    sku, other = builders.a_product(price=50_00), builders.a_product(price=20_00)
    sent = send(["sku,price", f"{sku},45", f"{other},25"])
    pricing.set_price(other, pricing.NewPrice(kind=PriceKind.DUTY_FREE, amount=Money(21_00, Currency.EUR)), WHO, NOW)
    before = shelves()

    done = apply(sent)

    assert (done.state, done.notes["overtaken"]) == (ImportState.OVERTAKEN, [3])
    assert shelves() == before
    commands.check_again(sent.id, NOW)
    checking.check(sent.id, {}, NOW)
    again = queries.one(sent.id)
    assert lines_of(again)[1].changes["price"] == (21_00, 25_00)
    assert apply(again).state is ImportState.APPLIED
    assert product(other).price == 25_00


def test_an_old_page_cannot_confirm_a_newer_check(send: Send) -> None:
    sent = send(["sku,price", f"{builders.a_product()},45"])
    commands.check_again(sent.id, NOW)
    checking.check(sent.id, {}, NOW)

    with pytest.raises(commands.NotToBeApplied):
        commands.confirm(sent.id, sent.run, WHO, NOW)


def test_sent_twice_it_is_done_once(send: Send, apply: Send) -> None:
    sent = send(["sku,count", f"{builders.a_product(on_hand=5)},5"])  # a row of the ledger, and nothing else that would show
    apply(sent)
    before = shelves()

    commands.confirm(sent.id, sent.run, WHO, NOW)
    applying.apply(sent.id, {}, NOW)
    checking.check(sent.id, {}, NOW)

    assert shelves() == before
    assert queries.one(sent.id).state is ImportState.APPLIED


def test_products_may_swap_their_eans(send: Send, apply: Send) -> None:
    one, two = builders.a_product(), builders.a_product()
    first, second = product(one).ean, product(two).ean

    done = apply(send(["sku,ean", f"{one},{second}", f"{two},{first}"]))

    assert done.state is ImportState.APPLIED
    assert (product(one).ean, product(two).ean) == (second, first)


def test_an_ean_of_another_product_or_of_two_lines_is_refused(send: Send) -> None:
    one, two, three = (builders.a_product() for _ in range(3))
    taken = product(three).ean

    sent = send(["sku,ean", f"{one},{taken}", f"{two},4006381333931", f"{three},4006381333931"])

    assert faults_of(sent) == [(2, "ean", "ean_taken"), (4, "ean", "ean_twice")]
    assert sent.state is ImportState.FAULTY


def test_an_ean_given_as_a_number_is_the_same_ean(send: Send) -> None:
    sku = builders.a_product(ean="0012345678905")
    other = builders.a_product(ean="4006381333931")

    sent = send(xlsx_of(["sku", "ean"], [sku, 12345678905], [other, 4006381333931]))

    assert (sent.state, sent.unchanged) == (ImportState.CHECKED, 2)


def test_a_new_products_ean_gets_its_zeros_back_where_the_check_digit_proves_them(send: Send) -> None:
    builders.a_product()
    header = HEADER.split(",")

    sent = send(xlsx_of(header, ["N-1", 12345678905, "spirits", "Neu", "新", 1], ["N-2", 12345678904, "spirits", "Neu", "新", 1]))

    first, second = lines_of(sent)
    assert first.changes["ean"] == (None, "0012345678905")
    assert [fault["code"] for fault in second.faults] == ["zeros_lost"]


def test_a_formula_is_reported_and_not_believed(send: Send) -> None:
    sent = send(xlsx_of(["sku", "price"], [builders.a_product(), "=1+1"]))

    assert faults_of(sent) == [(2, "price", "formula")]


def test_a_price_in_another_currency_is_refused(send: Send) -> None:
    assert faults_of(send(["sku,currency,price", f"{builders.a_product()},CNY,45"])) == [(2, "currency", "wrong_currency")]


def test_a_check_that_died_is_begun_anew_and_its_old_worker_gives_up(send: Send, app: Flask) -> None:
    sent = send(["sku,price", f"{builders.a_product()},45"])
    commands.check_again(sent.id, NOW)
    begun = checking.begin(sent.id, NOW)

    with pytest.raises(checking.StillAtWork):
        checking.check(sent.id, {}, NOW + timedelta(minutes=1))
    checking.check(sent.id, {}, NOW + timedelta(minutes=6))

    assert begun is not None
    assert queries.one(sent.id).state is ImportState.CHECKED
    assert queries.one(sent.id).run == begun[0] + 1
    assert len(lines_of(sent)) == 1


def test_old_files_are_forgotten_and_what_was_applied_stays(send: Send, apply: Send) -> None:
    sku = builders.a_product()
    done, left = apply(send(["sku,price", f"{sku},45"])), send(["sku,price", f"{sku},46"])

    assert commands.forget_old(NOW + timedelta(days=29)) == 0
    assert commands.forget_old(NOW + timedelta(days=31)) == 2

    assert [line.changes["price"] for line in lines_of(done)] == [(50_00, 45_00)]
    assert lines_of(left) == []
    assert queries.one(left.id).notes == {"reason": "forgotten"}


def test_of_many_lines_exactly_those_at_fault_are_named(send: Send) -> None:
    builders.a_product()
    wrong = {7: "1.234", 1500: "free", 2999: "-5"}
    rows = [f"BN-{n},{n:013},spirits,Neu,酒,{wrong.get(n, '9.50')}" for n in range(3000)]
    before = shelves()

    sent = send([HEADER, *rows])

    assert faults_of(sent) == [(9, "price", "unclear_number"), (1502, "price", "not_a_number"), (3001, "price", "below_zero")]
    assert (sent.done, sent.new, sent.faulty) == (3000, 2997, 3)
    assert shelves() == before


def test_new_brands_are_named_before_they_are_made(send: Send) -> None:
    builders.a_product()

    assert send([HEADER, NEW]).notes["new_brands"] == ["Neuburg"]


def test_the_number_of_statements_does_not_grow_with_the_lines(send: Send, apply: Send, statements: list[str]) -> None:
    """Two hundred new products with a price that is planned and something on the shelf cost what five cost."""
    builders.a_product()
    counted = []
    for count, mark in ((5, "A"), (200, "B")):
        lines = [f"{mark}-{n},{ean(n, mark)},spirits,Neuburg,新品 {n},19.90,17,2027-01-01,3" for n in range(count)]
        sent = send([f"{HEADER},planned_price,planned_from,count", *lines])
        assert sent.state is ImportState.CHECKED, faults_of(sent)
        statements.clear()
        assert apply(sent).state is ImportState.APPLIED
        counted.append(len(statements))

    few, many = counted
    assert many <= few, statements


def ean(number: int, mark: str) -> str:
    body = f"4{ord(mark):02}{number:09}"
    digit = -sum(int(one) * (3 if place % 2 else 1) for place, one in enumerate(body)) % 10
    return f"{body}{digit}"
