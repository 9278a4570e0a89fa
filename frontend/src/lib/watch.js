// What is under way: <div id="…" data-watch="1"> is fetched again every second while somebody can see it, until the server's
// answer is not to be watched any more. Without script a reload shows the same.
export function watch(part, win = window) {
  const { document } = win;
  let asking = false;
  async function look() {
    if (document.hidden || asking) return;
    asking = true;
    try {
      const answer = await win.fetch(win.location.pathname, { headers: { Accept: "text/html" } });
      if (answer.redirected) win.location.reload(); // signed out meanwhile
      const page = answer.ok ? new win.DOMParser().parseFromString(await answer.text(), "text/html") : null;
      const fresh = page?.getElementById(part.id);
      if (!fresh) return;
      part.replaceChildren(...fresh.childNodes);
      if (!fresh.hasAttribute("data-watch")) win.clearInterval(timer);
    } catch {
      // no network for a moment: the next look may have it
    } finally {
      asking = false;
    }
  }
  const timer = win.setInterval(look, Number(part.dataset.watch) * 1000);
  return look;
}
