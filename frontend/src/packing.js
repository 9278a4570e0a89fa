// The packing pages: a scan from anywhere goes into the scan form, the due board refreshes itself, paper is printed.
import { isWhole, whatIs } from "./counter/scan-box.js";
import { play } from "./counter/sound.js";
import { listenForScanner } from "./counter/wedge.js";
import { refreshing } from "./lib/board.js";
import { reloadWhenRestored } from "./lib/fresh.js";
import { sendOnce } from "./lib/once.js";

reloadWhenRestored();
sendOnce();

const form = document.querySelector("form[data-scan]");
if (form) {
  const input = form.querySelector(".scan-input");
  const send = (code) => {
    input.value = code;
    if (form.requestSubmit) form.requestSubmit();
    else form.submit();
  };
  // A product's number, a parcel's label or an order's number that came without an end is whole all the same.
  listenForScanner(send, window, () => input, (text) => isWhole(whatIs(text, "")));
  if (!matchMedia("(pointer: coarse)").matches) input.focus(); // a touch screen would open its keyboard
}

const answer = document.querySelector("[data-outcome]");
if (answer) play(answer.dataset.outcome);

const board = document.querySelector("[data-live]");
if (board) refreshing(board);

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
