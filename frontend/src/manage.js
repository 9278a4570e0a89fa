// The back office: ask before what cannot be taken back, send filters on change, no form twice.
import { reloadWhenRestored } from "./lib/fresh.js";
import { sendOnce } from "./lib/once.js";
import { shortenAddresses } from "./lib/short-address.js";

reloadWhenRestored();
document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});
sendOnce();
shortenAddresses();
document.addEventListener("change", ({ target }) => {
  if (target.hasAttribute("data-autosubmit") && target.form) target.form.submit();
});
