"""A round of work goes through many things; a fault in one of them does not keep the others waiting."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog

LOG = structlog.get_logger("shop.payments")


@contextmanager
def apart(job: str, **facts: Any) -> Iterator[None]:
    """One thing of a round: whatever goes wrong with it is written into the log, loudly, and ends here."""
    try:
        yield
    except Exception:
        LOG.exception("left out of this round", job=job, **facts)
