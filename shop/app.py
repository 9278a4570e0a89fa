"""The whole application, wired together in one place."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Flask, request
from flask.typing import ResponseReturnValue
from sqlalchemy.engine.url import make_url
from sqlalchemy.orm import configure_mappers
from werkzeug.middleware.proxy_fix import ProxyFix
from whitenoise import WhiteNoise

from shop.base import clock, logs
from shop.base.db import db, engine_options
from shop.exports.ways import Ways
from shop.settings import Environment, OfficialAccountSettings, Settings
from shop.web import assets, compression, doors, errors, language, observe, security, sessions, templates
from shop.web.late import Address, late
from shop.web.wiring import Later, Wiring

if TYPE_CHECKING:
    from shop.gateways.official_account import OfficialAccount, PushReader
    from shop.gateways.pay import WeChatPay
    from shop.gateways.reference_rates import ReferenceRates

ROOT = Path(__file__).parents[1]
LARGEST_BODY = 256 * 1024


class Shop(Flask):
    """Flask, with doors that open at their first request, and one question less for every function it calls: nothing of ours is
    asynchronous."""

    url_rule_class = Address

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func

    def preprocess_request(self) -> ResponseReturnValue | None:
        """Flask's own, once the door of this request is open: its guards are among what comes before the request."""
        late(self).open_for(request.endpoint)
        return super().preprocess_request()

    @property
    def doors_to_open(self) -> bool:
        """Whether there is a door that nobody has wanted yet."""
        return late(self).closed

    def open_doors(self) -> None:
        """Open all doors that open at their first request, and have the mappers ready; whoever is forked then shares both.

        Raises what the import of a door raises.
        """
        late(self).open_all()
        configure_mappers()


def create_app(settings: Settings | None = None) -> Shop:
    """The shop as a WSGI application; settings come from the environment unless they are given."""
    settings = settings or Settings.from_env()
    logs.set_up(settings.log_level)
    app = Shop("shop", template_folder=str(templates.template_folder()), static_folder=str(ROOT / "shop" / "static"))
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=_rooted(settings.database_url),
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.database_url),
        PUBLIC_URL=settings.public_url,
        SIGN_IN_ORIGIN=_origin(settings.account.open_url),
        SDK_URL=settings.account.sdk_url if settings.account.app_id else "",
        SESSION_COOKIE_NAME="__Host-shop" if settings.https else "shop",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_COOKIE_SAMESITE="Lax",  # Strict would lose the session on the way back from WeChat
        PERMANENT_SESSION_LIFETIME=timedelta(days=30),
        SESSION_REFRESH_EACH_REQUEST=False,
        MAX_CONTENT_LENGTH=LARGEST_BODY,
        MAX_FORM_MEMORY_SIZE=LARGEST_BODY,
        TESTING=settings.environment is Environment.TEST,
        KEEP_SECONDS=0.0 if settings.environment is Environment.TEST else 1.0,
        PROPAGATE_EXCEPTIONS=False,
    )
    app.extensions["shop"] = Wiring(
        settings=settings,
        ways=_ways(settings),
        get_pay=Later(lambda: _pay(settings)),
        get_account=Later(lambda: _account(settings.account)),
        get_content=Later(lambda: _account(settings.content)),
        get_pushes=Later(lambda: _pushes(settings)),
        get_rates=Later(lambda: _rates(settings)),
    )
    db.init_app(app)
    compression.init_app(app)  # first: what was registered first sees the answer last
    observe.init_app(app)
    language.init_app(app, str(_translations()))
    security.init_app(app)
    sessions.init_app(app)
    templates.init_app(app)
    assets.init_app(app)
    errors.init_app(app)
    doors.init_app(app, _all_tables)
    if settings.https:  # then there is a proxy in front, and what it says of the visitor is believed
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]
    static = str(ROOT / "shop" / "static")
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app, root=static, prefix="static/", immutable_file_test=lambda _path, url: "/dist/" in url
    )
    return app


def _all_tables() -> None:
    """The mappers. The catalogue's own come with it; those of the other rooms with the first door that is opened late."""
    from shop import tables  # noqa: F401


def _pay(settings: Settings) -> "WeChatPay":
    from shop.gateways.pay import WeChatPay

    return WeChatPay(settings.pay, settings.account.app_id, clock=clock.now, threads=settings.threads)


def _account(settings: OfficialAccountSettings) -> "OfficialAccount":
    from shop.gateways.official_account import OfficialAccount

    return OfficialAccount(settings)


def _pushes(settings: Settings) -> "PushReader":
    """The reader of what WeChat sends: both accounts push to one address, with one token and one key."""
    from shop.gateways.official_account import PushReader

    app_ids = tuple(one for one in (settings.account.app_id, settings.content.app_id) if one)
    return PushReader(settings.account.token, settings.account.aes_key, app_ids or ("",), clock.now)


def _ways(settings: Settings) -> Ways:
    """Where schedules can send their files, by the settings."""
    post, store = None, None
    if settings.mail_url:
        from shop.gateways.mail import Mail

        post = Mail(settings.mail_url, settings.mail_from)
    if settings.store_url:
        from shop.gateways.object_store import ObjectStore

        store = ObjectStore(settings.store_url)
    folder = Path(settings.delivery_folder) if settings.delivery_folder else None
    return Ways(post=post, folder=folder, store=store, public_url=settings.public_url)


def _rates(settings: Settings) -> "ReferenceRates | None":
    from shop.gateways.reference_rates import ReferenceRates

    return ReferenceRates(settings.rates_url) if settings.rates_url else None


def _rooted(url: str) -> str:
    """SQLite's file relative to the working folder, not to Flask's instance folder; its folder made when missing."""
    parts = make_url(url)
    if parts.get_backend_name() != "sqlite" or parts.database in (None, "", ":memory:"):
        return url
    file = Path(str(parts.database)).absolute()
    file.parent.mkdir(parents=True, exist_ok=True)
    return parts.set(database=str(file)).render_as_string(hide_password=False)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _translations() -> Path:
    packaged = Path(__file__).parent / "translations"
    return packaged if packaged.is_dir() else ROOT / "translations"
