// The list of travellers on the way, which stays while answers come and go below it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { refreshComing } from "../src/counter/coming.js";

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

// A page with the list and nothing else; `answer` is what the server says, a text of "buttons".
function page({ unknown = false, hidden = false } = {}) {
  const stale = { hidden: true };
  const part = {
    dataset: { address: "/counter/", ...(unknown ? { unknown: "" } : {}) }, shown: ["old"], contains: () => false,
    replaceChildren: (...nodes) => { part.shown = nodes; }, querySelectorAll: () => [stale], querySelector: () => null,
  };
  const heard = {};
  const document = {
    hidden, activeElement: null, addEventListener: (name, call) => { heard[name] = call; },
    querySelector: (wanted) => (wanted === "[data-live]" || (unknown && wanted === "[data-live][data-unknown]") ? part : null),
  };
  const asked = [];
  const win = {
    document, asked, answers: [], setInterval: (call) => { win.tick = call; },
    fetch: async (address) => { asked.push(address); const next = win.answers.shift(); if (next instanceof Error) throw next; return next; },
    DOMParser: class { parseFromString(text) { return { querySelector: () => (text === "no list" ? null : { childNodes: text.split(" ") }) }; } },
  };
  return { win, part, stale, heard, document };
}
const said = (text, more = {}) => ({ ok: true, redirected: false, text: async () => text, ...more });

test("the list is asked for every 20 seconds and takes the old one's place", async () => {
  const { win, part } = page();
  win.answers.push(said("A B"), said("B"));
  refreshComing(win);
  assert.deepEqual(win.asked, [], "the page has just brought it");

  await win.tick();
  assert.deepEqual(part.shown, ["A", "B"]);
  await win.tick();
  assert.deepEqual(part.shown, ["B"]);
});

test("a page that came without the list asks for it at once", async () => {
  const { win, part } = page({ unknown: true });
  win.answers.push(said("A"));
  refreshComing(win);
  await settled();

  assert.deepEqual([win.asked, part.shown], [["/counter/"], ["A"]]);
});

test("without network it is what the browser knows; where it knows nothing the old list stays and says that it is old", async () => {
  const { win, part, stale } = page();
  let known = ["kept"];
  const refresh = refreshComing(win, async () => known);
  await refresh();
  assert.deepEqual([part.shown, win.asked], [["kept"], []]);

  known = null;
  win.answers.push(new Error("cut"));
  await refresh();
  assert.deepEqual([part.shown, stale.hidden], [["kept"], false]);
});

test("a sign-in page in its place, or none that has a list, changes nothing", async () => {
  const { win, part } = page();
  win.answers.push(said("A", { redirected: true }), said("no list"), said("A", { ok: false }));
  const refresh = refreshComing(win);
  for (let n = 0; n < 3; n += 1) await refresh();

  assert.deepEqual(part.shown, ["old"]);
});

test("nobody asks for a page that nobody sees; it asks when it is seen again", async () => {
  const { win, heard, document, part } = page({ hidden: true });
  win.answers.push(said("A"));
  refreshComing(win);
  await win.tick();
  assert.deepEqual(win.asked, []);

  document.hidden = false;
  await heard.visibilitychange();
  assert.deepEqual(part.shown, ["A"]);
});

test("a second wish while the list is on its way is granted afterwards", async () => {
  const { win, part } = page();
  win.answers.push(said("old"), said("new"));
  const refresh = refreshComing(win);
  await Promise.all([refresh(), refresh()]);
  await settled();

  assert.deepEqual([part.shown, win.asked.length], [["new"], 2]);
});
