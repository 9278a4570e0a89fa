"""WeChat's bills as files that are kept, and as lines in a table.

A file is kept as it came, compressed, under a name that holds its hash: other content gets another name, so nothing is
ever overwritten. Lines are read and written a thousand at a time.
"""

import gzip
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from msgspec import Struct
from sqlalchemy import delete, insert, select, text, update

from shop.base.db import is_postgresql, reading, transaction
from shop.base.money import Currency
from shop.gateways.pay import BillKind, BillLine, FlowLine, WeChatPay
from shop.payments.bill_models import Bill, BillRow
from shop.payments.comparing import BATCH
from shop.payments.models import Refund, Taken

PIECE = 1 << 16
_rows: Any = BillRow.__table__
_bills: Any = Bill.__table__
_taken: Any = Taken.__table__
_refunds: Any = Refund.__table__


class KeptFile(Struct, frozen=True):
    """A bill in the folder. `sha1` and `size` are of the plain text, as WeChat counts."""

    name: str
    sha1: str
    size: int


def fetch(pay: WeChatPay, kind: BillKind, day: date, folder: Path) -> KeptFile | None:
    """Have WeChat's bill of a day in the folder; None when there were no trades that day. Raises what `fetch_bill` does."""
    with _place_for(folder) as plain:
        fetched = pay.fetch_bill(kind, day, plain)
        if fetched is None:
            return None
        return _keep(plain, kind, day, fetched.sha1, fetched.size, folder)


def take_in(source: Path, kind: BillKind, day: date, folder: Path) -> KeptFile:
    """Have a file that somebody downloaded by hand (plain or gzip) in the folder, as if it had been fetched."""
    with source.open("rb") as given:
        packed = given.read(2) == b"\x1f\x8b"
    with _place_for(folder) as plain:
        digest, size = hashlib.sha1(usedforsecurity=False), 0  # WeChat Pay, bills: named by their SHA-1
        with (gzip.open(source, "rb") if packed else source.open("rb")) as given:
            while piece := given.read(PIECE):
                digest.update(piece)
                size += len(piece)
                plain.write(piece)
        return _keep(plain, kind, day, digest.hexdigest(), size, folder)


@contextmanager
def _place_for(folder: Path) -> Iterator[BinaryIO]:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as plain:
        yield plain


def _keep(plain: BinaryIO, kind: BillKind, day: date, sha1: str, size: int, folder: Path) -> KeptFile:
    name = f"{day}-{kind.value}-{sha1}.csv.gz"
    if not (folder / name).exists():
        plain.seek(0)
        number, temporary = tempfile.mkstemp(dir=folder, suffix=".part")
        try:
            with os.fdopen(number, "wb") as out:
                with gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0) as packed:
                    shutil.copyfileobj(plain, packed, PIECE)
                out.flush()
                os.fsync(out.fileno())
            Path(temporary).replace(folder / name)
        finally:
            Path(temporary).unlink(missing_ok=True)
    return KeptFile(name, sha1, size)


@dataclass
class _Sums:
    currency: str
    lines: int = 0
    paid: int = 0
    refunded: int = 0
    fees: int = 0

    def add(self, line: BillLine | FlowLine) -> None:
        """Money of another currency than the bill's is counted as a line and left out of the sums."""
        self.lines += 1
        if line.amount.currency != self.currency:
            return
        incoming = line.direction == "in" if isinstance(line, FlowLine) else line.kind == "payment"
        if incoming:
            self.paid += line.amount.minor
        elif isinstance(line, FlowLine) or line.kind == "refund":
            self.refunded += line.amount.minor
        if isinstance(line, BillLine) and line.fee is not None:
            self.fees += line.fee.minor


def stage(bill_id: int, path: Path, kind: BillKind, currency: Currency, pay: WeChatPay) -> None:
    """Put every line of a kept file into the table, in place of what stood there. Raises BillUnreadable: none stays then.

    A run that is interrupted leaves `lines` at None, and the next one begins anew.
    """
    forget_lines(bill_id)
    sums = _Sums(currency.value)
    try:
        with gzip.open(path, "rb") as plain:
            lines = pay.read_bill(plain, kind, currency)
            while batch := list(islice(lines, BATCH)):
                for line in batch:
                    sums.add(line)
                _write(bill_id, [line for line in batch if isinstance(line, BillLine)])
    except BaseException:
        forget_lines(bill_id)
        raise
    with transaction() as session:
        session.execute(
            update(_bills)
            .where(_bills.c.id == bill_id)
            .values(
                lines=sums.lines, currency=sums.currency, paid_sum_minor=sums.paid, refund_sum_minor=sums.refunded,
                fee_sum_minor=sums.fees,
            )
        )  # fmt: skip
        if is_postgresql(session) and sums.lines > BATCH:
            session.execute(text("ANALYZE bill_lines"))  # so that comparing finds the way by the indexes at once


def forget_lines(bill_id: int) -> None:
    """Take the lines of a bill out of the table again, some at a time."""
    with transaction() as session:
        session.execute(update(_bills).where(_bills.c.id == bill_id).values(lines=None, matched_at=None))
    while True:
        some = select(_rows.c.number).where(_rows.c.bill_id == bill_id).order_by(_rows.c.number).limit(20 * BATCH)
        with transaction() as session:
            gone = session.execute(delete(_rows).where(_rows.c.bill_id == bill_id, _rows.c.number.in_(some)))
            if gone.rowcount == 0:  # type: ignore[attr-defined]
                return


def _write(bill_id: int, lines: list[BillLine]) -> None:
    if not lines:
        return
    values = [
        {
            "bill_id": bill_id, "number": line.number, "kind": line.kind, "at": line.at,
            "transaction_id": _text(line.transaction_id, 64), "out_trade_no": _text(line.out_trade_no, 64),
            "refund_id": _text(line.refund_id, 64), "out_refund_no": _text(line.out_refund_no, 64),
            "amount_minor": line.amount.minor, "amount_currency": str(line.amount.currency)[:8],
            "fee_minor": line.fee.minor if line.fee is not None else None, "said": _text(line.state_said, 40),
        }
        for line in lines
    ]  # fmt: skip
    _complete(values)
    with transaction() as session:
        session.execute(insert(_rows), values)


def _text(said: str | None, longest: int) -> str | None:
    return said[:longest] if said else None


def _complete(values: list[dict[str, Any]]) -> None:
    """Name WeChat's number of payments, and our number of refunds, where a bill says only the other one."""
    by_trade = {v["out_trade_no"] for v in values if v["transaction_id"] is None and v["out_trade_no"]}
    by_refund = {v["refund_id"] for v in values if v["kind"] == "refund" and v["out_refund_no"] is None and v["refund_id"]}
    with reading() as session:
        payments = {
            row.out_trade_no: row.transaction_id
            for row in (session.execute(select(_taken).where(_taken.c.out_trade_no.in_(by_trade))) if by_trade else ())
        }
        refunds = {
            row.refund_id: row.out_refund_no
            for row in (session.execute(select(_refunds).where(_refunds.c.refund_id.in_(by_refund))) if by_refund else ())
        }
    for value in values:
        value["transaction_id"] = value["transaction_id"] or payments.get(value["out_trade_no"])
        if value["kind"] == "refund":
            value["out_refund_no"] = value["out_refund_no"] or refunds.get(value["refund_id"])
