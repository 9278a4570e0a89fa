"""The counter page as an installed application: what the browser keeps so that the page opens without the server.

Nothing here belongs to anybody: the kept page is the same for every counter, and what it shows comes from the browser's
own store or, through a guarded door, from the server.
"""

import hashlib
import json
from http import HTTPStatus
from pathlib import Path

from flask import Blueprint, Response, abort, current_app, g, render_template, url_for
from flask.typing import ResponseReturnValue

from shop.web import assets, language, security

FILES = ("counter.css", "counter.js", "zxing_reader.wasm", "counter-192.png", "counter-512.png")
ICONS = {192: "counter-192.png", 512: "counter-512.png"}
COLOUR = "#0b4f8f"
SHELL, WORDS = "counter/shell.html", "counter/words.html"
CAMERA = "camera=(self), microphone=(), geolocation=()"
# The decoder of camera pictures is WebAssembly; a policy without this word refuses to compile any.
SCRIPTS, SCRIPTS_AND_DECODER = "script-src 'self';", "script-src 'self' 'wasm-unsafe-eval';"

blueprint = Blueprint("counter_installed", __name__, url_prefix="/counter")


@blueprint.get("/sw.js")
def worker() -> Response:
    """The service worker: our script, and before it the list of what it keeps. Another list is another version."""
    pages = {lang: url_for(".shell", lang=lang) for lang in language.LOCALES}
    files = [assets.asset_url(name) for name in FILES] + [url_for(".web_manifest"), *(url_for(".words", lang=lang) for lang in pages)]
    rendered = [_in(lang, template) for lang in pages for template in (SHELL, WORDS)]
    version = hashlib.sha256(json.dumps([files, rendered]).encode()).hexdigest()[:12]
    script = Path(current_app.static_folder or "static", assets.DIST, Path(assets.asset_url("counter-sw.js")).name)
    kept = json.dumps({"version": version, "files": files, "pages": pages})
    answer = Response(f"self.SHELL = {kept};\n{script.read_text(encoding='utf-8')}", mimetype="text/javascript")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@blueprint.get("/shell/<lang>")
def shell(lang: str) -> ResponseReturnValue:
    """The page that is shown when the server does not answer, in one language. Sets no cookie."""
    return _in(lang, SHELL)


@blueprint.get("/words/<lang>")
def words(lang: str) -> Response:
    """The words of screens that are made in the browser, in one language."""
    answer = Response(_in(lang, WORDS), mimetype="application/json")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@blueprint.get("/app.webmanifest")
def web_manifest() -> Response:
    """Name and icons of the installed page (W3C, Web Application Manifest)."""
    icons = [
        {"src": assets.asset_url(name), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for size, name in ICONS.items()
        for purpose in ("any", "maskable")
    ]
    name = render_template("counter/_name.txt").strip()
    facts = {
        "id": "/counter/", "name": name, "short_name": name, "lang": language.HTML[g.lang], "start_url": url_for("counter.home"),
        "scope": url_for("counter.home"), "display": "standalone", "background_color": "#ffffff", "theme_color": COLOUR,
        "icons": icons,
    }  # fmt: skip
    answer = Response(json.dumps(facts, ensure_ascii=False), mimetype="application/manifest+json")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


def allow_camera(answer: Response) -> Response:
    """Counter pages read codes with the camera: only these may use it, and compile the decoder."""
    if answer.mimetype == "text/html":
        sign_in = current_app.config.get("SIGN_IN_ORIGIN", "")
        policy = security.policy(sign_in)
        answer.headers["Content-Security-Policy"] = policy.replace(SCRIPTS, SCRIPTS_AND_DECODER)
        answer.headers["Permissions-Policy"] = CAMERA
    return answer


def _in(lang: str, template: str) -> str:
    """The page in this language, whatever the visitor's is. Answers 404 for a language that is not ours."""
    if lang not in language.LOCALES:
        abort(HTTPStatus.NOT_FOUND)
    before = g.lang, g.locale
    g.lang, g.locale = lang, language.LOCALES[lang]
    try:
        return render_template(template)
    finally:
        g.lang, g.locale = before
