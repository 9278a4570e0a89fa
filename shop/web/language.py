"""Which language a visitor reads: asked for, remembered, the browser's, else Chinese."""

from flask import Flask, Response, g, request
from flask_babel import Babel

LOCALES = {"zh": "zh_Hans_CN", "en": "en_GB", "de": "de_DE"}  # en_GB, because its times have 24 hours
HTML = {"zh": "zh-CN", "en": "en", "de": "de"}
YEAR = 365 * 24 * 3600


def pick() -> str:
    """`zh`, `en` or `de`."""
    asked = request.args.get("lang") or request.cookies.get("lang")
    if asked in LOCALES:
        return asked
    best = request.accept_languages.best_match(
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
    app.jinja_env.globals["html_lang"] = lambda: HTML[g.get("lang", "zh")]
