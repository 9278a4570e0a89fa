// The back office: ask before what cannot be taken back, send filters on change, no form twice.
import { refreshing } from "./lib/board.js";
import { reloadWhenRestored } from "./lib/fresh.js";
import { sendOnce } from "./lib/once.js";

reloadWhenRestored();
document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});
sendOnce();
document.addEventListener("change", ({ target }) => {
  if (target.hasAttribute("data-autosubmit") && target.form) target.form.submit();
});
const live = document.querySelector("[data-live]"); // exports under way
if (live) refreshing(live);
