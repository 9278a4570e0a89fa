// A part of a page that keeps itself up to date: <div data-live="20"> is fetched again every 20 seconds while somebody can
// see it. When the server does not answer, [data-stale] inside it is shown, and the old list stays.
export function partOf(text, win = window) {
  return new win.DOMParser().parseFromString(text, "text/html").querySelector("[data-live]");
}

// Who has come to a link by the tab key stays there.
function replace(board, fresh, document) {
  const at = board.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  board.replaceChildren(...fresh.childNodes);
  if (at) [...board.querySelectorAll("a")].find((link) => link.getAttribute("href") === at)?.focus();
}

export function refreshing(board, win = window) {
  const { document } = win;
  const stale = () => board.querySelectorAll("[data-stale]").forEach((words) => (words.hidden = false));
  let asking = false;
  async function refresh() {
    if (document.hidden || asking) return;
    asking = true;
    try {
      const answer = await win.fetch(board.dataset.address || win.location.pathname, { headers: { Accept: "text/html" } });
      if (answer.redirected) win.location.reload(); // this device was signed out
      const fresh = answer.ok ? partOf(await answer.text(), win) : null;
      if (fresh) replace(board, fresh, document);
      else stale();
    } catch {
      stale();
    } finally {
      asking = false;
    }
  }
  win.setInterval(refresh, Number(board.dataset.live) * 1000);
  document.addEventListener("visibilitychange", refresh);
  return refresh;
}
