"""`python -m shop privacy` says what is due, and forgets it when asked to."""

from datetime import timedelta

import builders
import pytest
from flask import Flask

from shop import __main__ as shell
from shop.base import clock
from shop.privacy.fields import PERSONAL


def test_it_prints_what_is_due_and_forgets_only_when_asked(
    app: Flask, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    order = builders.an_order()
    builders.set_order(order.number, state="expired")
    monkeypatch.setattr(shell, "_app", lambda: app)
    monkeypatch.setattr(clock, "now", lambda: order.departs_at + timedelta(days=31))

    assert shell.main(["privacy", "--fields"]) == 0
    said = capsys.readouterr().out
    assert "orders_unpaid: 1 rows due" in said
    assert all(column in said for column in PERSONAL)
    assert shell.main(["privacy", "--delete"]) == 0
    assert "orders_unpaid: 1 rows forgotten" in capsys.readouterr().out
    assert shell.main(["privacy"]) == 0
    assert "orders_unpaid: 0 rows due" in capsys.readouterr().out
