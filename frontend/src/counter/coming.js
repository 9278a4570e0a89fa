// The list of travellers on the way: <div data-live="20" data-address="…"> in the page is fetched again every 20 seconds while
// somebody can see it. Answers take its place on the page and a new page brings it back, so it is looked for each time.
import { partOf } from "../lib/board.js";

const EVERY = 20_000; // ms

function put(part, fresh, document) {
  const { number } = part.contains(document.activeElement) ? document.activeElement.dataset : {};
  part.replaceChildren(...fresh.childNodes);
  if (number) part.querySelector(`[data-number="${number}"]`)?.focus();
}

export function refreshComing(win = window) {
  const { document } = win;
  let asking = false;
  async function refresh() {
    const part = document.querySelector("#main [data-live]");
    if (!part || document.hidden || asking) return;
    asking = true;
    let fresh = null;
    try {
      const answer = await win.fetch(part.dataset.address, { headers: { Accept: "text/html" } });
      fresh = answer.ok && !answer.redirected ? partOf(await answer.text(), win) : null;
    } catch {
      // no network: the list stays, and says that it is old
    } finally {
      asking = false;
    }
    if (!part.isConnected) return; // a scan came in between
    if (fresh) put(part, fresh, document);
    else part.querySelectorAll("[data-stale]").forEach((words) => (words.hidden = false));
  }
  win.setInterval(refresh, EVERY);
  document.addEventListener("visibilitychange", refresh);
  return refresh;
}
