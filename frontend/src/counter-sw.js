// The counter without network: this script stands between the pages below /counter/ and the server. The server puts
// SHELL = {version, files, pages} before it: what to keep, and pages.zh/en/de, which hold nothing of anybody.
import { forgetWhenOver } from "./counter/keeping.js";
import { openStore } from "./counter/store.js";

const { version, files, pages } = self.SHELL;
const CACHE = `counter-${version}`;
const CHOICE = "counter-choice";
const PATIENCE = 4000; // ms
const BETWEEN = new Set([502, 503, 504]);
const PAGES = new Set(Object.values(pages));
const KEPT = new Set([...files, ...PAGES]);

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll([...KEPT])).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const tidy = async () => {
    const old = (await caches.keys()).filter((name) => name.startsWith("counter-") && name !== CACHE && name !== CHOICE);
    await Promise.all(old.map((name) => caches.delete(name)));
    await forget();
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== self.location.origin) return;
  if (request.mode === "navigate") event.waitUntil(forget());
  if (pathname.startsWith("/counter/packing/")) return; // packing needs the shop: its pages have no shell
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (request.method === "GET" && KEPT.has(pathname)) event.respondWith(kept(request, pathname));
});

// Parcels of a shift that is over go as soon as anything here is opened, before the page has done anything itself.
async function forget() {
  try {
    const store = await openStore();
    await forgetWhenOver(store, Date.now());
    store.close();
  } catch {
    // no room for a store: then nothing is kept either
  }
}

async function kept(request, pathname) {
  return (await (await caches.open(CACHE)).match(pathname)) ?? fetch(request);
}

async function page(request) {
  try {
    const answer = await inTime(fetch(request));
    if (!BETWEEN.has(answer.status)) return answer;
  } catch {
    // no network: the kept page
  }
  const shell = await (await caches.open(CACHE)).match(pages[await language(request)]);
  return shell ?? Response.error();
}

function inTime(answer) {
  return new Promise((resolve, reject) => {
    setTimeout(reject, PATIENCE);
    answer.then(resolve, reject);
  });
}

async function language(request) {
  const asked = new URL(request.url).searchParams.get("lang");
  if (asked in pages) return asked;
  const chosen = await (await caches.open(CHOICE)).match("/counter/language");
  const remembered = chosen && (await chosen.text());
  return remembered in pages ? remembered : "zh";
}
