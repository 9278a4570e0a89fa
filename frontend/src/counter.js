// The counter page: a scan from anywhere on the page goes into the scan form and is sent with an id of its own.
import { refreshComing } from "./counter/coming.js";
import { Live } from "./counter/live.js";
import { play } from "./counter/sound.js";
import { reloadWhenRestored } from "./lib/fresh.js";
import { randomId } from "./lib/ids.js";
import { sendOnce } from "./lib/once.js";

reloadWhenRestored();

// One id per page load: when the answer gets lost and the form is sent again, the server knows that it is the same scan.
for (const input of document.querySelectorAll("input[name=scan_id]")) input.value ||= randomId();

const answer = document.querySelector("[data-outcome]");
if (answer) play(answer.dataset.outcome);

const tools = document.getElementById("tools");
if (tools) {
  const live = new Live(tools);
  live.coming = refreshComing(window, () => live.comingHere());
  // Without its words the page is one of plain forms: they work all the same.
  fetch(tools.dataset.words).then((answer) => answer.json()).then((words) => live.start(words)).catch(() => {});
}
sendOnce(); // after the live page: what that one sends is its own

if (tools && "serviceWorker" in navigator) {
  // The page that opens without network should speak the language of this one.
  const remember = async () => {
    const cache = await caches.open("counter-choice");
    await cache.put("/counter/language", new Response(document.documentElement.lang.slice(0, 2)));
  };
  window.addEventListener("load", () => {
    navigator.serviceWorker.register(tools.dataset.worker, { scope: tools.dataset.scope }).then(remember, () => {});
    navigator.storage?.persist?.();
  });
}
