// A form that asks leaves out of the address what was not filled in, so that the address can be read and passed on.
export function shortenAddresses(win = window) {
  const rested = new Set();
  win.document.addEventListener("submit", ({ target, defaultPrevented }) => {
    if (defaultPrevented || !target.hasAttribute("data-short-address")) return;
    for (const field of target.elements) {
      if (!field.name || field.disabled || field.value !== "") continue;
      field.disabled = true;
      rested.add(field);
    }
    win.setTimeout(wake, 1000); // when the answer is a file, or never comes
  });
  function wake() {
    for (const field of rested) field.disabled = false;
    rested.clear();
  }
  win.addEventListener("pageshow", wake);
}
