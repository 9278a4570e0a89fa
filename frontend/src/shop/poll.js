// An order page that waits (for the payment's notice, for packing) looks by itself: <div data-poll-url data-state>.
import { untilStateChanges } from "../lib/waiting.js";

const ASK_FOR = 600; // seconds; then the traveller may pull the page down

export async function watch(element, { win, sleep }) {
  const ask = async () => {
    const response = await win.fetch(element.dataset.pollUrl, { credentials: "same-origin", headers: { Accept: "application/json" } });
    return response.ok ? (await response.json()).state : null;
  };
  const worthAsking = () => win.document.visibilityState === "visible";
  const state = await untilStateChanges(ask, element.dataset.state, { forSeconds: ASK_FOR, sleep, worthAsking });
  if (state) win.location.reload();
}
