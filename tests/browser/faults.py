"""Listens to what a browser complains about: scripts, the content security policy, requests that failed."""

from dataclasses import dataclass, field

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError

# Chromium writes this for every refusal, also for a page that answers a wrong form; statuses are judged by `_response`.
REFUSED = "Failed to load resource: the server responded with a status of 4"
# Now and then Playwright itself puts its question to an article's preview, a frame that may run no script. That an article has
# none is asked of what is written (tests/campaigns/test_articles.py); the policy of the page would be named in another sentence.
ASKED_BY_US = "Blocked script execution in"


@dataclass
class Faults:
    """Everything that went wrong in the contexts that are watched."""

    shop: str
    found: list[str] = field(default_factory=list)

    def watch(self, context: BrowserContext) -> None:
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("requestfailed", self._failed)
        context.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        url = message.location.get("url", "")
        ours = message.text.startswith(REFUSED) or (message.text.startswith(ASKED_BY_US) and url.endswith("/paper"))
        if message.type == "error" and not ours:
            self.found.append(f"console at {url}: {message.text}")

    def _error(self, error: WebError) -> None:
        self.found.append(f"script: {error.error}")

    def _failed(self, request: Request) -> None:
        """A request that was given up because the page was left is nobody's fault."""
        if request.url.startswith(self.shop) and "ERR_ABORTED" not in (request.failure or ""):
            self.found.append(f"{request.method} {request.url}: {request.failure}")

    def _response(self, response: Response) -> None:
        """A page may refuse, nothing may break, and what a page needs must be there."""
        if not response.url.startswith(self.shop):
            return
        needed = response.request.resource_type not in ("document", "fetch", "xhr")
        if response.status >= 500 or (response.status >= 400 and needed):
            self.found.append(f"{response.request.method} {response.url}: {response.status}")
