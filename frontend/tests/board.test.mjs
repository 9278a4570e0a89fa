import assert from "node:assert/strict";
import { test } from "node:test";
import { refreshing } from "../src/lib/board.js";

// A page with a board, as far as the refreshing needs it.
function page({ answer, hidden = false }) {
  const old = { hidden: true };
  const seen = { shown: ["old"], asked: [], reloaded: 0, old, every: 0 };
  const board = {
    dataset: { live: "20", address: "/board" },
    querySelectorAll: (what) => (what === "[data-stale]" ? [old] : []),
    replaceChildren: (...nodes) => { seen.shown = nodes; },
    contains: () => false,
  };
  const win = {
    document: { hidden, activeElement: null, addEventListener: () => {} },
    location: { pathname: "/elsewhere", reload: () => { seen.reloaded += 1; } },
    fetch: async (address) => { seen.asked.push(address); return answer(); },
    setInterval: (_, ms) => { seen.every = ms; },
    DOMParser: class { parseFromString(text) { return { querySelector: () => (text ? { childNodes: [text] } : null) }; } },
  };
  return { seen, refresh: refreshing(board, win) };
}
const fresh = (text, more = {}) => async () => ({ ok: true, redirected: false, text: async () => text, ...more });

test("a board asks its own address and shows what it hears", async () => {
  const { seen, refresh } = page({ answer: fresh("new") });
  await refresh();

  assert.deepEqual(seen.asked, ["/board"]);
  assert.deepEqual(seen.shown, ["new"]);
  assert.equal(seen.every, 20_000);
  assert.equal(seen.old.hidden, true);
});

for (const [name, answer] of [
  ["a fault", fresh("", { ok: false })],
  ["a page without a board", fresh("")],
  ["no network", async () => { throw new TypeError("Failed to fetch"); }],
]) {
  test(`${name} leaves the old board, and says that it is old`, async () => {
    const { seen, refresh } = page({ answer });
    await refresh();

    assert.deepEqual(seen.shown, ["old"]);
    assert.equal(seen.old.hidden, false);
  });
}

test("a board that nobody sees is not asked for", async () => {
  const { seen, refresh } = page({ answer: fresh("new"), hidden: true });
  await refresh();

  assert.deepEqual(seen.asked, []);
});

test("a device that was signed out is shown the sign-in", async () => {
  const { seen, refresh } = page({ answer: fresh("", { redirected: true }) });
  await refresh();

  assert.equal(seen.reloaded, 1);
});
