// The back-forward cache brings a page back as it was left: an old basket, an order that is paid by now. No header
// forbids that reliably, so pages marked <body data-fresh> ask the server again.
export function reloadWhenRestored(win = window) {
  win.addEventListener("pageshow", (event) => {
    const [navigation] = win.performance.getEntriesByType("navigation");
    const cameBack = event.persisted || navigation?.type === "back_forward";
    if (cameBack && win.document.body.hasAttribute("data-fresh")) win.location.reload();
  });
}
