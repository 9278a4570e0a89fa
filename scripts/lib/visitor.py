"""A visitor who speaks HTTP as a browser does: cookies, forms with their hidden fields, redirects followed by hand."""

from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests


class UnexpectedAnswer(RuntimeError):
    """The shop answered something else than it should; the message says what."""


class _Page(HTMLParser):
    """Forms with their fields, links, and the data attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, Any]] = []
        self.links: list[str] = []
        self.data: dict[str, str] = {}
        self._select: str | None = None

    def handle_starttag(self, tag: str, given: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in given}
        self.data |= {name: value for name, value in attributes.items() if name.startswith("data-")}
        if tag == "form":
            self.forms.append(
                {
                    "action": attributes.get("action", ""),
                    "method": attributes.get("method", "get"),
                    "fields": [],
                    "data": attributes,
                }
            )
        elif tag == "a" and "href" in attributes:
            self.links.append(attributes["href"])
        elif self.forms and tag == "input" and attributes.get("name"):
            if attributes.get("type") in ("radio", "checkbox") and "checked" not in attributes:
                return
            self.forms[-1]["fields"].append((attributes["name"], attributes.get("value", "")))
        elif self.forms and tag == "select" and attributes.get("name"):
            self._select = attributes["name"]
        elif self._select and tag == "option":
            fields = self.forms[-1]["fields"]
            if "selected" in attributes or self._select not in dict(fields):
                fields.append((self._select, attributes.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = None


class Visitor:
    """One browser at one shop. Every answer that is not as expected raises UnexpectedAnswer."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.headers["User-Agent"] = "Mozilla/5.0 (Linux; Android 14) Chrome/146 Mobile MicroMessenger/8.0.76"
        self.page = _Page()
        self.url = origin + "/"
        self.text = ""

    def _read(self, answer: requests.Response, status: int) -> requests.Response:
        if answer.status_code != status:
            raise UnexpectedAnswer(
                f"{answer.request.method} {answer.url}: {answer.status_code}, not {status}\n{answer.text[:600]}"
            )
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            self.page, self.url, self.text = _Page(), answer.url, answer.text
            self.page.feed(answer.text)
        return answer

    def get(self, address: str, status: int = 200) -> requests.Response:
        """Open a page or file, following redirects."""
        return self._read(self.http.get(urljoin(self.url, address), timeout=20), status)

    def submit(self, action: str, status: int = 200, **typed: Any) -> requests.Response:
        """Fill in the form of this page whose action's path is `action`, and send it; redirects are followed."""
        form = next((f for f in self.page.forms if urlsplit(urljoin(self.url, f["action"])).path == action), None)
        if form is None:
            raise UnexpectedAnswer(f"no form for {action} at {self.url}: {[f['action'] for f in self.page.forms]}")
        fields = [(name, value) for name, value in form["fields"] if name not in typed] + list(typed.items())
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(self.url))
        answer = self.http.post(
            urljoin(self.url, form["action"] or self.url), data=fields, headers={"Origin": origin}, timeout=20
        )
        return self._read(answer, status)

    def call(self, method: str, address: str, status: int = 200, body: Any = None, **headers: str) -> Any:
        """A JSON call from the page: with its origin and its token."""
        said = {"Origin": self.origin, **headers}
        if token := self.page.data.get("data-csrf"):
            said["X-CSRF-Token"] = token
        answer = self.http.request(method, urljoin(self.origin, address), json=body, headers=said, timeout=20)
        if answer.status_code != status:
            raise UnexpectedAnswer(f"{method} {address}: {answer.status_code}, not {status}\n{answer.text[:600]}")
        return answer.json() if answer.content else None
