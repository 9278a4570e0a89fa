"""Which language a visitor reads: asked for, remembered, the browser's, else Chinese."""

from functools import cache, lru_cache
from gettext import NullTranslations

from babel.support import Translations
from flask import Flask, Response, g, request
from flask_babel import Babel
from markupsafe import Markup
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

LOCALES = {"zh": "zh_Hans_CN", "en": "en_GB", "de": "de_DE"}  # en_GB, because its times have 24 hours
HTML = {"zh": "zh-CN", "en": "en", "de": "de"}
LONGEST = 1000  # of an Accept-Language header
YEAR = 365 * 24 * 3600


def pick() -> str:
    """`zh`, `en` or `de`."""
    asked = request.args.get("lang") or request.cookies.get("lang")
    if asked in LOCALES:
        return asked
    return _best(request.headers.get("Accept-Language", "")[:LONGEST])


@lru_cache(maxsize=512)
def _best(accepted: str) -> str:
    """The language of ours that this header likes most; browsers send few different ones."""
    best = parse_accept_header(accepted, LanguageAccept).best_match(
        ["zh", "zh-CN", "zh-Hans", "zh-TW", "zh-HK", "en", "en-GB", "en-US", "de", "de-DE"], "zh"
    )
    return best.split("-")[0]


def _before() -> None:
    g.lang = pick()
    g.locale = LOCALES[g.lang]


def _after(answer: Response) -> Response:
    """Remember a language that was chosen on purpose; nothing is set on other pages, so that caches may hold them."""
    if request.args.get("lang") in LOCALES and not request.path.startswith("/api/") and request.cookies.get("lang") != g.get("lang"):
        answer.set_cookie("lang", g.lang, max_age=YEAR, samesite="Lax", secure=request.is_secure, httponly=True)
    return answer


def init_app(app: Flask, translations: str) -> None:
    app.config.update(
        BABEL_TRANSLATION_DIRECTORIES=translations,
        BABEL_DEFAULT_LOCALE="zh_Hans_CN",
        BABEL_DEFAULT_TIMEZONE="Europe/Berlin",
    )
    Babel(app, locale_selector=lambda: g.get("locale", "zh_Hans_CN"))
    app.before_request(_before)
    app.after_request(_after)
    _say_quickly(app, translations)
    app.jinja_env.globals["html_lang"] = lambda: HTML[g.get("lang", "zh")]


def _say_quickly(app: Flask, translations: str) -> None:
    """`_`, `gettext` and `ngettext` for templates, as Jinja's own in newstyle: always Markup, always a format.

    A page says some thirty texts. On the usual way each asks anew which request, which locale and which catalogue it is
    for, twenty microseconds every time; here the language of the request is enough.
    """

    @cache
    def texts(lang: str) -> NullTranslations:
        return Translations.load(translations, [LOCALES[lang]])

    def gettext(words: str, /, **values: object) -> Markup:
        said = Markup(texts(g.get("lang", "zh")).gettext(words))  # noqa: S704 - our own texts
        return said % values if values or "%" in said else said

    def ngettext(one: str, many: str, num: int, /, **values: object) -> Markup:
        said = Markup(texts(g.get("lang", "zh")).ngettext(one, many, num))  # noqa: S704 - our own texts
        return said % {"num": num, **values}

    app.jinja_env.globals.update({"_": gettext, "gettext": gettext, "ngettext": ngettext})
