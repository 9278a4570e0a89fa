// What this browser has looked at: kept in it and nowhere else, so that pages need no cookie and the shop keeps no list.
const KEPT = "shop.seen";
const MOST = 12;
const SKU = /^[0-9A-Za-z][0-9A-Za-z._-]{0,31}$/;

export function seen(store) {
  try {
    const list = JSON.parse(store.getItem(KEPT) ?? "[]");
    return Array.isArray(list) ? list.filter((sku) => typeof sku === "string" && SKU.test(sku)).slice(0, MOST) : [];
  } catch {
    return []; // no store (a private window), or rubbish in it
  }
}

export function remember(store, sku) {
  try {
    store.setItem(KEPT, JSON.stringify([sku, ...seen(store).filter((other) => other !== sku)].slice(0, MOST)));
  } catch {
    // then it is not remembered
  }
}

export function forget(store) {
  try {
    store.removeItem(KEPT);
  } catch {
    // nothing was kept
  }
}

const address = (skus) => `/recently-seen?sku=${skus.map(encodeURIComponent).join(",")}`;

async function show(section, skus, win) {
  const answer = await win.fetch(address(skus));
  if (!answer.ok) return;
  const page = new win.DOMParser().parseFromString(await answer.text(), "text/html");
  const grid = page.querySelector("#seen .grid");
  if (!grid) return;
  section.querySelector("[data-seen-here]").replaceChildren(win.document.importNode(grid, true));
  section.hidden = false;
}

export function attachSeen(win = window) {
  const { document } = win;
  let store;
  try {
    store = win.localStorage;
  } catch {
    return; // switched off
  }
  const product = document.querySelector("[data-seen-product]");
  if (product) remember(store, product.dataset.seenProduct);
  const skus = seen(store);
  for (const link of document.querySelectorAll("[data-seen-link]")) {
    if (skus.length) link.href = address(skus);
    else link.hidden = true;
  }
  const section = document.querySelector("[data-seen]");
  if (section && skus.length) show(section, skus, win).catch(() => {}); // no network: then without
  for (const button of document.querySelectorAll("[data-seen-forget]")) {
    button.hidden = !skus.length;
    button.addEventListener("click", () => {
      forget(store);
      win.location.assign("/recently-seen");
    });
  }
}
