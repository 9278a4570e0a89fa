"""Reading WeChat Pay's daily files line by line: exact amounts, no guesses, no memory to speak of.

WeChat Pay, bills: UTF-8 with or without a mark at its beginning, a line of names, one line for each payment and each
refund with a back-tick before every value, and at the end a line of titles and a line of totals. Amounts are yuan (or
euros) with decimals, times are Beijing's.
"""
import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Literal, overload

from msgspec import Struct

from shop.base.money import Currency, Money
from shop.gateways.pay.bill_columns import COUNT, NEEDED, meanings, spelt, titles
from shop.gateways.pay.dialect import BEIJING
from shop.gateways.pay.errors import BillUnreadable
from shop.gateways.pay.values import BillKind, PlainAmount

LONGEST_LINE = 64 * 1024
LONGEST_NUMBER = 64  # what a column of ours holds
NUMBER = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,8})?", re.ASCII)
CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)  # ISO 4217
CENT = Decimal("0.01")
NOTHING = Decimal(0)
NONE_GIVEN = ("", "0")  # how a bill writes "no refund number"
WAYS: Mapping[str, Literal["in", "out"]] = {"收入": "in", "支出": "out"}
HIDDEN = "\ufeff \t\r\n"

Source = Iterable[bytes] | Path | str
Kind = Literal["payment", "refund", "other"]
Said = Money | PlainAmount


class BillLine(Struct, frozen=True, kw_only=True):
    """One payment or refund as WeChat's books have it.

    `amount` is what was paid in total, coupons included, or what was refunded; never negative; a PlainAmount where the bill
    names a currency the shop does not settle in. `fee` is rounded to
    whole cents or fen (bills show five decimals) and may be negative for a refund. `at` knows its zone, Beijing.
    `number` is the line in the file, from 1. "other" is a state that is neither paid nor refunded.
    """

    kind: Kind
    at: datetime | None
    transaction_id: str
    out_trade_no: str
    refund_id: str | None
    out_refund_no: str | None
    amount: Said
    fee: Said | None
    state_said: str
    number: int


class FlowLine(Struct, frozen=True, kw_only=True):
    """One movement of the merchant's account. `amount` is never negative: `direction` says which way."""

    at: datetime | None
    business_no: str
    kind_said: str
    direction: Literal["in", "out"]
    amount: Money
    balance: Money | None
    number: int


@overload
def read_bill(
    source: Source, kind: Literal[BillKind.FUND_FLOW], currency_default: Currency, *, names: Mapping[str, str] = ...,
) -> Iterator[FlowLine]: ...


@overload
def read_bill(
    source: Source, kind: Literal[BillKind.TRADES, BillKind.STATEMENT], currency_default: Currency, *,
    names: Mapping[str, str] = ...,
) -> Iterator[BillLine]: ...


@overload
def read_bill(
    source: Source, kind: BillKind, currency_default: Currency, *, names: Mapping[str, str] = ...,
) -> Iterator[BillLine | FlowLine]: ...


def read_bill(
    source: Source, kind: BillKind, currency_default: Currency, *, names: Mapping[str, str] | None = None,
) -> Iterator[BillLine] | Iterator[FlowLine] | Iterator[BillLine | FlowLine]:
    """The lines of a bill, one at a time: BillLine, or FlowLine for a fund-flow bill.

    `source` is a file, or lines as they come out of one. `currency_default` is meant where a line names none. `names`
    adds column names (name → meaning, as in `bill_columns`) to those that are known.

    Raises BillUnreadable. Whether the totals at the end agree is known at the end only: believe no line of a bill that
    was not read to its end. A statement without totals is accepted, its signed SHA-1 has proved it whole.
    """
    book = _Book(kind, currency_default, names or {})
    return book.read(_texts(source))


def _texts(source: Source) -> Iterator[tuple[int, str]]:
    """Number and text of each line that is not blank."""
    if isinstance(source, str | Path):
        with Path(source).open("rb") as file:
            yield from _decoded(iter(lambda: file.readline(LONGEST_LINE + 1), b""))
    else:
        yield from _decoded(source)


def _decoded(lines: Iterable[bytes]) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(lines, 1):
        if len(line) > LONGEST_LINE:
            raise BillUnreadable(number, "line too long")
        try:
            text = line.decode()
        except UnicodeDecodeError:
            raise BillUnreadable(number, "not UTF-8") from None
        if text := text.strip(HIDDEN):
            yield number, text


def _cells(text: str, number: int) -> list[str]:
    """The values of a line: each after a back-tick, or comma separated, or quoted with the back-tick inside."""
    if text[0] == "`":
        return text[1:].split(",`")
    try:
        return [cell.strip(HIDDEN).removeprefix("`") for cell in next(csv.reader([text], strict=True))]
    except (csv.Error, StopIteration):
        raise BillUnreadable(number, "quotes") from None


class _Book:
    """One bill while it is read: where its columns are, and what they come to so far."""

    def __init__(self, kind: BillKind, currency: Currency, names: Mapping[str, str]) -> None:
        self._kind, self._currency = kind, currency
        self._meanings, self._titles = meanings(kind, names), titles(kind)
        self._where: dict[str, int] = {}
        self._width = 0
        self._count = 0
        self._sums: dict[str, Decimal] = {}

    def read(self, texts: Iterator[tuple[int, str]]) -> Iterator[BillLine | FlowLine]:
        number, text = next(texts, (1, ""))
        self._take_names(number, _cells(text, number) if text else [])
        line = self._flow_line if self._kind is BillKind.FUND_FLOW else self._bill_line
        for number, text in texts:
            cells = _cells(text, number)
            if not cells[0][:1].isdigit() and self._titles.get(spelt(cells[0])) == COUNT:  # a row begins with its time
                self._check_totals(number, cells, texts)
                return
            if len(cells) != self._width:
                raise BillUnreadable(number, f"{len(cells)} values, not {self._width}")
            self._count += 1
            yield line(number, cells)
        if self._kind is not BillKind.STATEMENT:
            raise BillUnreadable(number + 1, "it ends without totals")

    def _take_names(self, number: int, cells: list[str]) -> None:
        self._width = len(cells)
        for place, name in enumerate(cells):
            meaning = self._meanings.get(spelt(name))
            if meaning in self._where:
                raise BillUnreadable(number, f"two columns for {meaning}")
            if meaning:
                self._where[meaning] = place
        needed = NEEDED[BillKind.FUND_FLOW if self._kind is BillKind.FUND_FLOW else BillKind.TRADES]
        for choice in needed:
            if not any(meaning in self._where for meaning in choice):
                raise BillUnreadable(number, f"no column for {' or '.join(choice)}")

    def _bill_line(self, number: int, cells: list[str]) -> BillLine:
        state = self._text(number, cells, "trade_state")
        currency = self._money_of(number, cells, "currency", self._currency)
        paid = self._amounts(number, cells, ("total", "settled", "coupon"))
        back = self._amounts(number, cells, ("refund_asked", "refund", "refund_coupon"))
        fee = self._amounts(number, cells, ("fee",)).get("fee")
        kind = _kind_of(state)
        chosen = back if kind == "refund" else paid
        amount = next(iter(chosen.values()), None)
        if amount is None:
            raise BillUnreadable(number, "no amount")
        refund_state = self._text(number, cells, "refund_state") if kind == "refund" else ""
        return BillLine(
            kind=kind, at=self._moment(number, cells),
            transaction_id=self._text(number, cells, "transaction_id"),
            out_trade_no=self._text(number, cells, "out_trade_no"),
            refund_id=self._optional(number, cells, "refund_id"),
            out_refund_no=self._optional(number, cells, "out_refund_no"),
            amount=_said(_minor(number, abs(amount)), currency),
            fee=None if fee is None else _rounded(
                fee, self._money_of(number, cells, "settled_currency", currency)
            ),
            state_said=refund_state or state, number=number,
        )

    def _flow_line(self, number: int, cells: list[str]) -> FlowLine:
        way = WAYS.get(self._text(number, cells, "direction"))
        amount = self._amounts(number, cells, ("amount",)).get("amount")
        balance = self._amounts(number, cells, ("balance",)).get("balance")
        if way is None or amount is None:
            raise BillUnreadable(number, "neither in nor out" if way is None else "no amount")
        self._sums[way] = self._sums.get(way, NOTHING) + amount
        self._sums[f"count_{way}"] = self._sums.get(f"count_{way}", NOTHING) + 1
        return FlowLine(
            at=self._moment(number, cells), business_no=self._text(number, cells, "business_no"),
            kind_said=self._text(number, cells, "kind_said"), direction=way,
            amount=Money(_minor(number, abs(amount)), self._currency),
            balance=None if balance is None else Money(_minor(number, balance), self._currency), number=number,
        )

    def _check_totals(self, number: int, cells: list[str], texts: Iterator[tuple[int, str]]) -> None:
        """The line of totals must be there, be the last, and agree with every line that was read."""
        below, text = next(texts, (number + 1, ""))
        values = _cells(text, below) if text else []
        if len(values) < len(cells) or next(texts, None) is not None:
            raise BillUnreadable(below, "its totals are not its last line")
        for title, value in zip(cells, values, strict=False):
            column = self._titles.get(spelt(title))
            if column is None or (column != COUNT and not column.startswith("count_") and not value):
                continue
            stated = _decimal(below, value)
            found = Decimal(self._count) if column == COUNT else self._sums.get(column, NOTHING)
            if column == "fee":  # the lines have five decimals, their total two
                stated, found = stated.quantize(CENT, ROUND_HALF_UP), found.quantize(CENT, ROUND_HALF_UP)
            if stated != found:
                raise BillUnreadable(below, f"{column}: the total says {stated}, the lines say {found}")

    def _amounts(self, number: int, cells: list[str], columns: tuple[str, ...]) -> dict[str, Decimal]:
        """The amounts of these columns that the line gives, in this order, each added to its sum."""
        found = {}
        for column in columns:
            place = self._where.get(column)
            if place is not None and (said := cells[place].strip(HIDDEN)):
                found[column] = amount = _decimal(number, said)
                if amount:
                    self._sums[column] = self._sums.get(column, NOTHING) + amount
        return found

    def _text(self, number: int, cells: list[str], column: str) -> str:
        place = self._where.get(column)
        said = cells[place].strip(HIDDEN) if place is not None else ""
        if len(said) > LONGEST_NUMBER or "\x00" in said:
            raise BillUnreadable(number, f"{column} is too long")
        return said

    def _optional(self, number: int, cells: list[str], column: str) -> str | None:
        said = self._text(number, cells, column)
        return None if said in NONE_GIVEN else said

    def _money_of(self, number: int, cells: list[str], column: str, otherwise: str) -> str:
        said = self._text(number, cells, column).upper()
        if said and not CURRENCY.fullmatch(said):
            raise BillUnreadable(number, "not a currency")
        return said or otherwise

    def _moment(self, number: int, cells: list[str]) -> datetime | None:
        said = self._text(number, cells, "at")
        if not said:
            return None
        try:
            at = datetime.fromisoformat(said)
            return at.replace(tzinfo=BEIJING) if at.tzinfo is None else at.astimezone(BEIJING)
        except (ValueError, OverflowError):
            raise BillUnreadable(number, "time") from None


def _kind_of(state: str) -> Kind:
    match state.upper():
        case "SUCCESS":
            return "payment"
        case "REFUND":
            return "refund"
    return "other"


def _decimal(number: int, said: str) -> Decimal:
    if not NUMBER.fullmatch(said):
        raise BillUnreadable(number, "not an amount")
    return Decimal(said)


def _minor(number: int, amount: Decimal) -> int:
    """Raises BillUnreadable for a part of a cent: a bill that has one is not one we can keep books by."""
    minor = amount * 100
    if minor != minor.to_integral_value():
        raise BillUnreadable(number, "part of a cent")
    return int(minor)


def _said(minor: int, currency: str) -> Said:
    return Money(minor, Currency(currency)) if currency in Currency.__members__ else PlainAmount(minor=minor, currency=currency)


def _rounded(amount: Decimal, currency: str) -> Said:
    return _said(int((amount * 100).to_integral_value(ROUND_HALF_UP)), currency)
