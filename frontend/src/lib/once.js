// A double tap must not send a form twice. The button is disabled after the submit event has gone its way (before that
// its own name and value would be lost), and enabled again when the page comes back from the back-forward cache.
const RELEASE_AFTER = 15000; // ms; a download or a broken line leaves the page standing

export function sendOnce(win = window) {
  const { document } = win;
  const sent = new Set();
  const release = (form) => {
    sent.delete(form);
    for (const button of form.querySelectorAll("[data-sent]")) {
      button.disabled = false;
      button.removeAttribute("data-sent");
    }
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.hasAttribute("data-repeat")) return;
    if (sent.has(form)) {
      event.preventDefault();
      return;
    }
    sent.add(form);
    win.setTimeout(() => {
      for (const button of form.querySelectorAll("button:not([type=button]):not([disabled])")) {
        button.disabled = true;
        button.setAttribute("data-sent", "");
      }
    }, 0);
    win.setTimeout(() => release(form), RELEASE_AFTER);
  });
  win.addEventListener("pageshow", () => [...sent].forEach(release));
}
