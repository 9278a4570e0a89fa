"""From what was measured to the table and the gates."""

from dataclasses import dataclass, field

from .counting import MOST
from .measures import Gate, is_noisy, middle, number, share, share_of_hello, table
from .paths import AGAIN, CATALOGUE, HELLO, HOT, NOTICE, ORDER, REPEAT, SCAN, WARM, Rounds
from .trials import LEFT

HEAD = ("path", "req/s", "× hello", "× SQL", "web µs", "pg µs", "SQL", "p50 ms", "p99 ms")
ROWS = {CATALOGUE: "1", WARM: "2", ORDER: "6", HOT: "7", NOTICE: "13", SCAN: "10"}
SHARE_OF_HELLO = {CATALOGUE: 0.12, WARM: 0.40}
SHARE_OF_SQL = {ORDER: 0.18, HOT: 0.40, NOTICE: 0.13, SCAN: 0.13}
TIMES_THE_OTHER = ((HOT, ORDER, 0.60, "7"), (REPEAT, NOTICE, 1.3, "14"), (AGAIN, SCAN, 1.2, "12"))


@dataclass
class Found:
    """What no round measures; None was not asked for, or could not be read here."""

    statements: dict[str, int] = field(default_factory=dict)
    kept: float | None = None
    sold: int | None = None
    cookies: int | None = None
    front: tuple[float, bool] | None = None  # and whether it is by CPU
    pss: float | None = None
    growth: float | None = None
    cold: float | None = None
    writes: int | None = None
    wrong_stock: int | None = None


def gates(rounds: Rounds, found: Found) -> list[Gate]:
    """The gates of everything that was measured."""
    made = [*_of_rounds(rounds), *_of_statements(rounds, found)]
    singles = [
        Gate("9", f"sold of {LEFT} to many at once", "==", LEFT, found.sold),
        Gate("12", "repeated scans that wrote", "==", 0, found.writes),
        Gate("17", "browsing left while 64 wait for WeChat Pay", ">=", 0.5, found.kept),
        Gate("4", "cookies on anonymous pages", "==", 0, found.cookies),
        Gate("4", _by("anonymous pages through nginx, × hello", found.front), ">=", 8, found.front and found.front[0]),
        Gate("23", "largest worker, MB", "<=", 95, found.pss),
        Gate("23", "its growth per 100,000 requests", "<=", 0.05, found.growth),
        Gate("24", "cold start, × a floor app", "<=", 2.0, found.cold),
        Gate("–", "products whose stock disagrees with its claims", "==", 0, found.wrong_stock),
    ]
    return made + [gate for gate in singles if gate.value is not None]


def _by(what: str, found: tuple[float, bool] | None) -> str:
    return f"{what} by CPU, as rounds differ" if found and found[1] else what


def _of_rounds(rounds: Rounds) -> list[Gate]:
    made, samples = [], rounds.samples
    for name, least in SHARE_OF_HELLO.items():
        if name in samples:
            value, by_cpu = share_of_hello(samples[name], samples[HELLO])
            what = f"{name}, share of hello" + (" by CPU, as rounds differ" if by_cpu else "")
            made.append(Gate(ROWS[name], what, ">=", least, value))
    for path in rounds.paths:
        if path.mix and path.name in SHARE_OF_SQL:
            value = share(samples[path.name], rounds.limits[path.mix])
            made.append(Gate(ROWS[path.name], f"{path.name}, share of plain SQL", ">=", SHARE_OF_SQL[path.name], value))
    for name, other, least, row in TIMES_THE_OTHER:
        if name in samples and other in samples:
            made.append(Gate(row, f"{name}, × {other}", ">=", least, share(samples[name], samples[other])))
    return made


def _of_statements(rounds: Rounds, found: Found) -> list[Gate]:
    return [
        Gate("5", f"{name}, SQL statements", "<=", most, found.statements[name])
        for name, most in MOST.items()
        if name in rounds.samples and name in found.statements
    ]


def printed(rounds: Rounds, found: Found) -> str:
    """The table: medians over the rounds; `~` marks rates that differed by more than half between rounds."""
    rows = []
    for path in rounds.paths:
        samples = rounds.samples[path.name]
        limit = rounds.limits.get(path.mix or "")
        statements = found.statements.get(path.name)
        rows.append(
            (
                path.name, ("~" if is_noisy(samples) else "") + number(middle(samples, "rate")),
                number(share(samples, rounds.samples[HELLO]), 2), number(share(samples, limit) if limit else None, 2),
                number(middle(samples, "app_us")), number(middle(samples, "pg_us")), number(statements),
                number(middle(samples, "p50"), 1), number(middle(samples, "p99"), 1),
            )
        )  # fmt: skip
        if limit:
            rows.append((f"  plain SQL: {path.mix}.sql", number(middle(limit, "rate")), *[""] * (len(HEAD) - 2)))
    return table(HEAD, rows)
