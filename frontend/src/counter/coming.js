// The list of travellers on the way, above the scan box: <div data-live="20" data-address="…"> is fetched again every 20 seconds
// while somebody can see it. Answers come and go below it. Without network it is what this browser knows.
import { partOf } from "../lib/board.js";

const EVERY = 20_000; // ms

function put(part, fresh, document) {
  const { number } = part.contains(document.activeElement) ? document.activeElement.dataset : {};
  part.replaceChildren(...fresh);
  if (number) part.querySelector(`[data-number="${number}"]`)?.focus();
}

// `kept` resolves with the elements that are shown without network, or null: the server is to be asked. Answers the function
// that does it at once.
export function refreshComing(win = window, kept = async () => null) {
  const { document } = win;
  let asking = false;
  let again = false; // somebody wants it anew since
  async function ask(part) {
    const known = await kept();
    if (known) return known;
    try {
      const answer = await win.fetch(part.dataset.address, { headers: { Accept: "text/html" } });
      return answer.ok && !answer.redirected ? (partOf(await answer.text(), win)?.childNodes ?? null) : null;
    } catch {
      return kept(); // the network went this moment
    }
  }
  async function refresh() {
    const part = document.querySelector("[data-live]");
    again = asking;
    if (!part || document.hidden || asking) return;
    asking = true;
    try {
      const fresh = await ask(part);
      if (fresh) put(part, fresh, document);
      else part.querySelectorAll("[data-stale]").forEach((words) => (words.hidden = false));
    } finally {
      asking = false;
      if (again) refresh();
    }
  }
  win.setInterval(refresh, EVERY);
  document.addEventListener("visibilitychange", refresh);
  if (document.querySelector("[data-live][data-unknown]")) refresh();
  return refresh;
}
