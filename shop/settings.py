"""Every setting there is, its type and its meaning. Nothing else reads the environment.

The names are a contract (see docs/operations.md). Values that are wrong in themselves are refused here; whether they
fit together and fit the world (keys that match, a clock that is right) is what `python -m shop check-config` asks.
"""

from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from environs import Env

from shop.base.discreet import Discreet
from shop.base.money import Currency

ECB_RATES = "https://www.ecb.europa.eu/stats/eurofxref/eurofxref-daily.xml"
DEMO_SECRET = "demo-secret-that-everybody-knows"  # noqa: S105 - known on purpose, refused in production
LOOPBACK = {"127.0.0.1", "localhost", "::1"}

# Only a stand-by of the very site that is asked: a shop on the sandbox must never reach the real WeChat Pay.
STANDBY = {"https://api.mch.weixin.qq.com": "https://api2.mch.weixin.qq.com"}


class Environment(StrEnum):
    DEMO = "demo"
    TEST = "test"
    PRODUCTION = "production"


class Dialect(StrEnum):
    """The two lives of WeChat Pay's API v3."""

    MAINLAND = "mainland"
    CROSSBORDER = "crossborder"


class WrongSettings(Exception):
    """The environment asks for something the shop must not do. `problems` are sentences, without secrets."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class OfficialAccountSettings(Discreet, frozen=True, kw_only=True):
    """The Service Account: `WECHAT_…`; the content account: `WECHAT_CONTENT_…`, of which only app_id and secret are asked for."""

    hidden = frozenset({"secret", "token", "aes_key"})
    app_id: str = ""
    secret: str = ""
    token: str = ""
    aes_key: str = ""
    api_url: str = "https://api.weixin.qq.com"
    open_url: str = "https://open.weixin.qq.com"
    verify_files: tuple[str, ...] = ()  # ids of /MP_verify_<id>.txt
    sdk_url: str = ""  # WeChat's script for pages (JS-SDK); "": pages do without


class PaySettings(Discreet, frozen=True, kw_only=True):
    """WeChat Pay: `WECHAT_PAY_…`. In mainland use `mch_id`; in cross-border use the `sp_` and `sub_` numbers."""

    hidden = frozenset({"api_v3_keys"})
    dialect: Dialect = Dialect.CROSSBORDER
    url: str = ""
    mch_id: str = ""
    sp_mch_id: str = ""
    sub_mch_id: str = ""
    sp_app_id: str = ""
    mcc: str = "5309"
    serial_no: str = ""
    private_key_file: str = ""
    api_v3_keys: tuple[str, ...] = ()
    verify_keys: tuple[tuple[str, str], ...] = ()  # (PUB_KEY_ID_… or certificate serial, PEM file)
    standby_url: str = ""  # WeChat Pay's other site, asked while no connection to `url` can be made; "": none
    statement_columns: tuple[tuple[str, str], ...] = ()  # (a column's name in the statement, what it means to us)
    fee_rate: Decimal | None = None  # what WeChat Pay keeps, as a share of one; None: fees are not checked
    certificate_folder: str = ""  # where platform certificates that were fetched are kept; "": in memory only
    at_once: int = 0  # requests of one process inside a call to WeChat Pay at a time; 0: a quarter of its threads

    @property
    def sender(self) -> str:
        """The merchant number that signs requests and is paid."""
        return self.mch_id if self.dialect is Dialect.MAINLAND else self.sp_mch_id


class Settings(Discreet, frozen=True, kw_only=True):
    """All of it. Made from the environment by `from_env`, by hand in tests."""

    hidden = frozenset({"secret_key", "metrics_token", "mail_url", "store_url"})
    secret_key: str
    environment: Environment = Environment.PRODUCTION
    database_url: str = "sqlite:///instance/shop.db"
    queue_url: str = ""
    public_url: str = "http://127.0.0.1:8000"
    currency: Currency = Currency.EUR
    threads: int = 16
    page_cache_seconds: float = 2.0
    campaign_cookie: bool = True  # whether a browser keeps through which campaign it came
    pay_within_minutes: int = 30
    api_asks_age: bool = False  # whether the API refuses alcohol without birth date and confirmation, as the checkout does
    evidence_years: int = 8  # calendar years that the evidence of a hand-over is kept after its own
    require_second_factor: bool = True  # of managers, admins and accountants
    log_level: str = "INFO"
    shop_name: str = "免税预订"
    metrics_token: str = ""
    picture_folder: str = "instance/pictures"
    bill_folder: str = "instance/bills"  # WeChat's bills as they came; kept, never overwritten
    export_folder: str = "instance/exports"  # the files that exports make; all workers and webs see the same
    delivery_folder: str = ""  # where schedules put their files; "": nowhere
    mail_url: str = ""  # smtp://user:password@host:587 or smtps://host:465; "": no mail
    mail_from: str = ""
    store_url: str = ""  # https://key:secret@host/bucket?region=eu-central-1, S3-compatible; "": none
    rates_url: str = ""  # the European Central Bank's daily reference rates: https://… or file:///…; "": none are fetched
    account: OfficialAccountSettings = OfficialAccountSettings()
    content: OfficialAccountSettings = OfficialAccountSettings()  # the content account; without an app_id there is none
    pay: PaySettings = PaySettings()

    @property
    def https(self) -> bool:
        return self.public_url.startswith("https://")

    def problems(self) -> list[str]:
        """What must not be, in sentences. Empty when the settings can be used."""
        found = []
        production = self.environment is Environment.PRODUCTION
        if not self.secret_key:
            found.append("SHOP_SECRET_KEY is missing")
        if production and (self.secret_key == DEMO_SECRET or len(self.secret_key) < 32):
            found.append("SHOP_SECRET_KEY must be 32 characters or more, and not the demo's")
        if self.public_url.endswith("/"):
            found.append("SHOP_PUBLIC_URL must not end with a slash")
        for name, url in self.peers().items():
            if production and url and not url.startswith("https://"):
                found.append(f"{name} must be https in production")
            if production and urlsplit(url).hostname in LOOPBACK:
                found.append(f"{name} points to this machine, which production refuses")
        if not 1 <= self.evidence_years <= 30:
            found.append("SHOP_EVIDENCE_YEARS must be between 1 and 30")
        if self.pay.fee_rate is not None and not 0 <= self.pay.fee_rate < 1:
            found.append("WECHAT_PAY_FEE_PERCENT must be between 0 and 100")
        found += self._delivery_problems() + self._account_problems() + self._rates_problems()
        for key in self.pay.api_v3_keys:
            if len(key.encode()) != 32:
                found.append("WECHAT_PAY_API_V3_KEY must be 32 bytes (each, when there are two)")
        if self.pay.dialect is Dialect.MAINLAND and self.currency is not Currency.CNY:
            found.append("WECHAT_PAY_DIALECT=mainland settles in CNY: set SHOP_CURRENCY=CNY")
        return found

    def _account_problems(self) -> list[str]:
        """What is wrong with what an official account was given for its pushes."""
        found = []
        key, token = self.account.aes_key, self.account.token
        if key and not (len(key) == 43 and key.isalnum() and key.isascii()):
            found.append("WECHAT_AES_KEY has 43 characters, letters and digits, as the account's settings show it")
        script = urlsplit(self.account.sdk_url)
        usual = script.scheme == "https" or (self.environment is not Environment.PRODUCTION and script.scheme == "http")
        if self.account.sdk_url and not (usual and script.hostname and not set(" ;,'\"") & set(self.account.sdk_url)):
            found.append("WECHAT_SDK_URL must be the https address of a script, or empty")
        if token and not (3 <= len(token) <= 32 and token.isalnum() and token.isascii()):
            found.append("WECHAT_TOKEN has 3 to 32 letters and digits")
        return found

    def _delivery_problems(self) -> list[str]:
        """What is wrong with the places that schedules send files to."""
        found = []
        production = self.environment is Environment.PRODUCTION
        if self.mail_url and (urlsplit(self.mail_url).scheme not in {"smtp", "smtps"} or not urlsplit(self.mail_url).hostname):
            found.append("SHOP_MAIL_URL must be like smtp://user:password@host:587 or smtps://host:465")
        if bool(self.mail_url) != ("@" in self.mail_from):
            found.append("SHOP_MAIL_URL and SHOP_MAIL_FROM belong together")
        store = urlsplit(self.store_url)
        if self.store_url and not (store.scheme in {"http", "https"} and store.hostname and store.username and store.path.strip("/")):
            found.append("SHOP_STORE_URL must be like https://key:secret@host/bucket")
        if production and store.scheme == "http":
            found.append("SHOP_STORE_URL must be https in production")
        return found

    def _rates_problems(self) -> list[str]:
        """What is wrong with the address of the exchange rates."""
        rates = urlsplit(self.rates_url)
        if self.rates_url and not (rates.scheme == "file" or (rates.scheme in {"http", "https"} and rates.hostname)):
            return ["SHOP_RATES_URL must be like https://host/file.xml or file:///folder/file.xml"]
        if self.environment is Environment.PRODUCTION and rates.scheme == "http":
            return ["SHOP_RATES_URL must be https in production"]
        return []

    def peers(self) -> dict[str, str]:
        """Addresses that other machines answer or are sent to, by the name of their setting."""
        return {
            "SHOP_PUBLIC_URL": self.public_url,
            "WECHAT_API_URL": self.account.api_url,
            "WECHAT_OPEN_URL": self.account.open_url,
            "WECHAT_PAY_URL": self.pay.url,
            "WECHAT_PAY_STANDBY_URL": self.pay.standby_url,
        }

    @classmethod
    def from_env(cls, *, read_dot_env: bool = True) -> "Settings":
        """Read the environment (and, where there is one, `.env` in the working folder). Raises WrongSettings."""
        env, usual = Env(), cls(secret_key="")
        if read_dot_env and Path(".env").is_file():
            env.read_env(".env", recurse=False)
        environment = Environment(env.str("SHOP_ENV", "production"))
        dialect = Dialect(env.str("WECHAT_PAY_DIALECT", "crossborder"))
        default_pay_url = {
            Dialect.MAINLAND: "https://api.mch.weixin.qq.com",
            Dialect.CROSSBORDER: "https://apihk.mch.weixin.qq.com",
        }[dialect]
        pay_url = env.str("WECHAT_PAY_URL", default_pay_url)
        settings = cls(
            environment=environment,
            secret_key=env.str("SHOP_SECRET_KEY", DEMO_SECRET if environment is Environment.DEMO else ""),
            database_url=_driver(env.str("SHOP_DATABASE_URL", usual.database_url)),
            queue_url=env.str("SHOP_QUEUE_URL", ""),
            public_url=env.str("SHOP_PUBLIC_URL", usual.public_url),
            currency=Currency(env.str("SHOP_CURRENCY", "EUR")),
            threads=env.int("SHOP_THREADS", 16),
            campaign_cookie=env.bool("SHOP_CAMPAIGN_COOKIE", True),
            page_cache_seconds=env.float("SHOP_PAGE_CACHE_SECONDS", 2.0),
            pay_within_minutes=env.int("SHOP_PAY_WITHIN_MINUTES", 30),
            api_asks_age=env.bool("SHOP_API_ASKS_AGE", False),
            evidence_years=env.int("SHOP_EVIDENCE_YEARS", 8),
            require_second_factor=env.bool("SHOP_REQUIRE_SECOND_FACTOR", environment is not Environment.DEMO),
            log_level=env.str("SHOP_LOG_LEVEL", "INFO"),
            shop_name=env.str("SHOP_NAME", usual.shop_name),
            metrics_token=env.str("SHOP_METRICS_TOKEN", ""),
            picture_folder=env.str("SHOP_PICTURE_FOLDER", usual.picture_folder),
            bill_folder=env.str("SHOP_BILL_FOLDER", usual.bill_folder),
            export_folder=env.str("SHOP_EXPORT_FOLDER", usual.export_folder),
            delivery_folder=env.str("SHOP_DELIVERY_FOLDER", ""),
            mail_url=env.str("SHOP_MAIL_URL", ""),
            mail_from=env.str("SHOP_MAIL_FROM", ""),
            store_url=env.str("SHOP_STORE_URL", ""),
            rates_url=env.str("SHOP_RATES_URL", ECB_RATES if environment is Environment.PRODUCTION else ""),
            account=OfficialAccountSettings(
                app_id=env.str("WECHAT_APP_ID", ""),
                secret=env.str("WECHAT_APP_SECRET", ""),
                token=env.str("WECHAT_TOKEN", ""),
                aes_key=env.str("WECHAT_AES_KEY", ""),
                api_url=env.str("WECHAT_API_URL", usual.account.api_url),
                open_url=env.str("WECHAT_OPEN_URL", usual.account.open_url),
                verify_files=tuple(env.list("WECHAT_VERIFY_FILES", [])),
                sdk_url=env.str("WECHAT_SDK_URL", "https://res.wx.qq.com/open/js/jweixin-1.6.0.js"),
            ),
            content=OfficialAccountSettings(
                app_id=env.str("WECHAT_CONTENT_APP_ID", ""),
                secret=env.str("WECHAT_CONTENT_APP_SECRET", ""),
                api_url=env.str("WECHAT_API_URL", usual.account.api_url),
                open_url=env.str("WECHAT_OPEN_URL", usual.account.open_url),
            ),
            pay=PaySettings(
                dialect=dialect,
                url=pay_url,
                mch_id=env.str("WECHAT_PAY_MCH_ID", ""),
                sp_mch_id=env.str("WECHAT_PAY_SP_MCH_ID", ""),
                sub_mch_id=env.str("WECHAT_PAY_SUB_MCH_ID", ""),
                sp_app_id=env.str("WECHAT_PAY_SP_APP_ID", ""),
                mcc=env.str("WECHAT_PAY_MCC", "5309"),
                serial_no=env.str("WECHAT_PAY_SERIAL_NO", ""),
                private_key_file=env.str("WECHAT_PAY_PRIVATE_KEY_FILE", ""),
                api_v3_keys=tuple(k for k in env.str("WECHAT_PAY_API_V3_KEY", "").split(",") if k),
                verify_keys=tuple(_pairs(env.str("WECHAT_PAY_VERIFY_KEYS", ""))),
                standby_url=env.str("WECHAT_PAY_STANDBY_URL", STANDBY.get(pay_url, "")),
                statement_columns=tuple(_pairs(env.str("WECHAT_PAY_STATEMENT_COLUMNS", ""))),
                fee_rate=env.decimal("WECHAT_PAY_FEE_PERCENT") / 100 if env.str("WECHAT_PAY_FEE_PERCENT", "") else None,
                certificate_folder=env.str("WECHAT_PAY_CERTIFICATE_FOLDER", "instance/certificates"),
                at_once=env.int("WECHAT_PAY_AT_ONCE", 0),
            ),
        )
        if problems := settings.problems():
            raise WrongSettings(problems)
        return settings


def _driver(url: str) -> str:
    """`postgresql://…` means psycopg 3 here, whatever SQLAlchemy's default is."""
    for plain in ("postgresql://", "postgres://"):
        if url.startswith(plain):
            return "postgresql+psycopg://" + url.removeprefix(plain)
    return url


def _pairs(text: str) -> list[tuple[str, str]]:
    """`NAME=VALUE,NAME=VALUE` → pairs."""
    pairs = (part.partition("=") for part in text.split(",") if part.strip())
    return [(name.strip(), path.strip()) for name, _, path in pairs]
