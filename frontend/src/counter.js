// The counter page: a scan from anywhere on the page goes into the scan form and is sent with an id of its own.
import { play } from "./counter/sound.js";
import { listenForScanner } from "./counter/wedge.js";
import { reloadWhenRestored } from "./lib/fresh.js";
import { randomId } from "./lib/ids.js";
import { sendOnce } from "./lib/once.js";

reloadWhenRestored();
sendOnce();

// One id per page load: when the answer gets lost and the form is sent again, the server knows that it is the same scan.
for (const input of document.querySelectorAll("input[name=scan_id]")) input.value ||= randomId();

const form = document.querySelector("form[data-scan]");
if (form) {
  const input = form.querySelector(".scan-input");
  listenForScanner((code) => {
    input.value = code;
    if (form.requestSubmit) form.requestSubmit();
    else form.submit();
  });
  // Not over a hand-over button: Enter there must press it, and a touch screen would open its keyboard.
  if (!document.querySelector("[data-outcome='look']") && !matchMedia("(pointer: coarse)").matches) input.focus();
}

const answer = document.querySelector("[data-outcome]");
if (answer) play(answer.dataset.outcome);
