"""What stands on a receipt adds up, in Chinese and German, and can be read out of the PDF."""

from datetime import timedelta
from typing import Any

import builders
import pytest
from builders import NOW
from contracts.pdf_text import text_of

from shop.contracts import commands, papers, pdf, queries
from shop.contracts.commands import Declaration
from shop.orders.queries import OrderView, order_by_number
from shop.payments import refund_queries, refunding
from shop.payments.refund_rules import Lines
from shop.payments.refunding import Why
from shop.payments.states import Cause

pytestmark = pytest.mark.usefixtures("app")


def receipt_of(order: OrderView, seller: dict[str, Any]) -> papers.Paper:
    return papers.receipt(order_by_number(order.number), seller, refund_queries.payments_of(order.id), refund_queries.refunds_of(order.id))


def test_a_receipt_names_seller_buyer_goods_and_payment(seller: dict[str, Any]) -> None:
    sku = builders.a_product(price=129_95)
    order = builders.a_paid_order({sku: 2})

    text = text_of(pdf.drawn(receipt_of(order, seller)))

    for words in (
        "Muster Duty Free GmbH", "Straße 1", "USt-IdNr. DE123", "订单确认及收据", "Bestellbestätigung und Beleg", order.number,
        "WANG XIAOMING", "合计", "Summe", "129.95 EUR", "259.90 EUR", "CA932, 2026-11-26 14:05 CET, FRA-PEK", "2079.20 CNY",
        order.lines[0].name["zh"], order.lines[0].name["de"], seller["vat_note"]["zh"],
    ):  # fmt: skip
        assert words in text, words


def test_an_unpaid_order_has_a_confirmation_that_says_so(seller: dict[str, Any]) -> None:
    paper = receipt_of(builders.an_order(), seller)

    assert paper.title == ("订单确认（尚未付款）", "Bestellbestätigung (nicht bezahlt)")
    assert not any("出口免税" in note[0] for note in paper.notes)


def test_what_was_paid_back_is_taken_off_and_the_rest_adds_up(seller: dict[str, Any]) -> None:
    first, second = builders.a_product(price=50_00), builders.a_product(price=20_50)
    order = builders.a_paid_order({first: 1, second: 2})
    position = next(line.position for line in order.lines if line.sku == second)
    refunding.ask_refund(order.number, Lines({position: 1}), Why(Cause.SHORTAGE, "staff:1"), NOW)

    paper = receipt_of(order, seller)

    assert [text for _, text in paper.sums] == ["91.00 EUR", "91.00 EUR", "-20.50 EUR", "70.50 EUR"]
    assert [item.refunded for item in paper.items] == [0, 1] if order.lines[0].sku == first else [1, 0]
    assert "其中 1 件退款 / davon 1 erstattet" in text_of(pdf.drawn(paper))


def test_letters_of_any_language_and_signs_of_markup_are_written_as_they_are(seller: dict[str, Any]) -> None:
    order = builders.a_paid_order(name="ŁUKASZ O’NEIL")
    odd = {**seller, "name": "A & B <b>GmbH</b> 公司"}

    text = text_of(pdf.drawn(receipt_of(order, odd)))

    assert "A & B <b>GmbH</b> 公司" in text
    assert "ŁUKASZ" in text


def test_a_long_order_goes_on_over_pages(seller: dict[str, Any]) -> None:
    order = builders.a_paid_order({builders.a_product(name=builders.same("Ein langer Name " * 6)): 1 for _ in range(20)})

    drawn = pdf.drawn(receipt_of(order, seller))

    assert drawn.count(b"/Type /Page\n") + drawn.count(b"/Type /Page ") >= 2
    assert "1000.00 EUR" in text_of(drawn)


def test_the_same_paper_is_the_same_file_and_small(seller: dict[str, Any]) -> None:
    paper = receipt_of(builders.a_paid_order(), seller)

    assert pdf.drawn(paper) == pdf.drawn(paper)
    assert len(pdf.drawn(paper)) < 20_000


def test_an_acknowledgement_says_when_and_what_and_nothing_of_the_order(seller: dict[str, Any]) -> None:
    order = builders.a_paid_order(name="LI NA")
    said = Declaration(key="a", number=order.number, name="SOMEBODY", email="x@example.com", wish="nur den Whisky & 两瓶酒")
    found = queries.by_token(commands.withdraw(said, 14, NOW + timedelta(seconds=7)))

    text = text_of(pdf.drawn(papers.acknowledgement(found, seller)))

    titles = ("撤回声明收讫确认", "Eingangsbestätigung des Widerrufs")
    for words in (*titles, "2026-11-24 09:00:07 CET", order.number, "SOMEBODY", "x@example.com"):
        assert words in text, words
    assert "nur den Whisky & 两瓶酒" in text
    assert "LI NA" not in text
    assert "50.00" not in text
