"""The rounds: every path once in each, its plain SQL beside it, so that whatever slows this machine slows both."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import asking, goods
from .load import Job, Run, drive
from .machine import Machine
from .measures import Sample
from .mixes import Mixes
from .wechat import WeChat

FIRST_RATE = 350  # requests a second of which the first round of a path makes stock; later ones know better
SPARE = 1.3


class WrongAnswer(RuntimeError):
    """A path answered something else than it should: then its speed means nothing."""


@dataclass
class Stage:
    """Everything that requests are made of."""

    machine: Machine
    travellers: asking.Travellers
    stock: goods.Stockroom
    wechat: WeChat
    mixes: Mixes
    counter: str
    delivered: list[bytes] = field(default_factory=list)  # notices of this round
    collected: list[goods.Prepared] = field(default_factory=list)  # parcels of this round
    scanned: list[bytes] = field(default_factory=list)  # the scans that collected them


@dataclass(frozen=True)
class Path:
    """`server` answers what `make` asks (for about that many requests) with `status`; `mix` is its plain SQL."""

    name: str
    server: str
    make: Callable[[Stage, int], list[Any]]
    status: int = 200
    mix: str | None = None
    again: bool = False


def _pages(path: Callable[[int], str]) -> Callable[[Stage, int], list[bytes]]:
    return lambda stage, _count: [stage.travellers.page(path(n), n) for n in range(400)]


def _parcels(stage: Stage, count: int) -> list[bytes]:
    stage.collected = stage.stock.parcels(count)
    stage.scanned = asking.scans(stage.counter, stage.collected)
    return stage.scanned


def _notices(stage: Stage, count: int) -> list[bytes]:
    stage.delivered = asking.notices(stage.wechat, stage.stock.unpaid(count))
    return stage.delivered


HELLO, CATALOGUE, WARM, PRODUCT = "bare hello", "catalogue, from the database", "catalogue, warm", "product page"
ORDER, HOT, NOTICE, REPEAT = "place order", "place order, one hot product", "payment notice", "payment notice, repeated"
SCAN, AGAIN, SECOND = "scan", "same scan again", "second scan, another id"
PATHS: Sequence[Path] = (
    Path(HELLO, "hello", lambda _stage, _count: [asking.raw("GET", "/")], again=True),
    Path(CATALOGUE, "shop, uncached", _pages(lambda n: f"/categories/c{n % goods.CATEGORIES}"), again=True),
    Path(WARM, "shop", _pages(lambda _: "/categories/c1"), again=True),
    Path(PRODUCT, "shop", _pages(lambda n: f"/products/SKU-{n * 7 % goods.PRODUCTS:06}"), again=True),
    Path(ORDER, "shop", lambda stage, count: stage.travellers.orders(count), 201, "place"),
    Path(HOT, "shop", lambda stage, count: stage.travellers.orders(count, hot=True), 201, "place_hot"),
    Path(NOTICE, "shop", _notices, mix="notice"),
    Path(REPEAT, "shop", lambda stage, _count: stage.delivered, again=True),
    Path(SCAN, "shop", _parcels, mix="scan"),
    Path(AGAIN, "shop", lambda stage, _count: stage.scanned, again=True),
    Path(SECOND, "shop", lambda stage, _count: asking.scans(stage.counter, stage.collected), again=True),
)
NEEDS = {REPEAT: NOTICE, AGAIN: SCAN, SECOND: SCAN}  # what must come before, in the same round


class Rounds:
    """What was measured so far: samples by path and by mix, in the order of the rounds."""

    def __init__(self, stage: Stage, only: str) -> None:
        self.stage = stage
        wanted = {path.name for path in PATHS if only in path.name} | {HELLO}
        wanted |= {NEEDS[name] for name in wanted if name in NEEDS}
        self.paths = [path for path in PATHS if path.name in wanted]
        self.samples: dict[str, list[Sample]] = {path.name: [] for path in self.paths}
        self.limits: dict[str, list[Sample]] = {path.mix: [] for path in self.paths if path.mix}
        self.rates: dict[str, float] = {}
        self.answered = 0

    def run(self, seconds: float, *, counts: bool = True) -> None:
        """One round; with `counts` off it only warms up. Raises WrongAnswer, LoadFailed, MixFailed."""
        for path in self.paths:
            if path.mix:
                limit = Sample(self.stage.mixes.run(path.mix, seconds))
                if counts:
                    self.limits[path.mix].append(limit)
            sample = self._measure(path, seconds)
            if counts:
                self.samples[path.name].append(sample)

    def _measure(self, path: Path, seconds: float) -> Sample:
        machine, stage = self.stage.machine, self.stage
        count = max(200, int(self.rates.get(path.name, FIRST_RATE) * seconds * SPARE))
        requests = path.make(stage, count)
        app, database = machine.worker_seconds(path.server), machine.database_seconds()
        run = drive(Job(port=machine.ports[path.server], requests=requests, seconds=seconds, again=path.again))
        app_us = (machine.worker_seconds(path.server) - app) * 1e6 / run.answers
        spent = machine.database_seconds()
        pg_us = None if spent is None or database is None else (spent - database) * 1e6 / run.answers
        machine.check()
        _expect(path, run)
        self._remember(path, run)
        return Sample(run.rate, app_us, None if path.server == "hello" else pg_us, run.p50, run.p99)

    def _remember(self, path: Path, run: Run) -> None:
        self.rates[path.name] = run.rate
        self.answered += run.answers
        if path.name == NOTICE:
            self.stage.delivered = self.stage.delivered[: run.answers]
        if path.name == SCAN:
            self.stage.collected = self.stage.collected[: run.answers]
            self.stage.scanned = self.stage.scanned[: run.answers]
            given = self.stage.stock.count_handed_over(self.stage.collected)
            if given < run.answers:  # every outcome is answered with 200
                raise WrongAnswer(f"{path.name}: {run.answers} answers, {given} hand-overs with every check")


def _expect(path: Path, run: Run) -> None:
    if set(run.statuses) != {path.status}:
        raise WrongAnswer(f"{path.name}: {run.statuses}, but {path.status} is right")
