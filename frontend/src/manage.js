// The back office: ask before what cannot be taken back, send filters on change, choose all, no form twice.
import { reloadWhenRestored } from "./lib/fresh.js";
import { sendOnce } from "./lib/once.js";
import { shortenAddresses } from "./lib/short-address.js";

reloadWhenRestored();
document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});
sendOnce();
for (const box of document.querySelectorAll("[data-choose-all]")) box.hidden = false;
shortenAddresses();
document.addEventListener("change", ({ target }) => {
  const name = target.dataset.chooseAll;
  if (name) for (const box of target.form.elements) if (box.name === name) box.checked = target.checked;
  if (target.hasAttribute("data-autosubmit") && target.form) target.form.submit();
});
