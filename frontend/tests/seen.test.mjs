// What a browser remembers of what it has looked at.
import assert from "node:assert/strict";
import test from "node:test";
import { forget, remember, seen } from "../src/shop/seen.js";

const aStore = (text) => {
  const kept = new Map(text === undefined ? [] : [["shop.seen", text]]);
  return {
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => kept.set(name, value),
    removeItem: (name) => kept.delete(name),
  };
};

test("the latest comes first, each once, twelve at most", () => {
  const store = aStore();
  for (let n = 0; n < 20; n += 1) remember(store, `SP-${n}`);
  remember(store, "SP-15");

  assert.equal(seen(store).length, 12);
  assert.deepEqual(seen(store).slice(0, 3), ["SP-15", "SP-19", "SP-18"]);
});

test("rubbish in the store is as good as nothing", () => {
  for (const text of ["{", "null", "7", '{"a":1}', '[1,null,"<b>","../x"]']) assert.deepEqual(seen(aStore(text)), []);
});

test("a store that is full or forbidden changes nothing", () => {
  const broken = { getItem: () => { throw new Error("no"); }, setItem: () => { throw new Error("full"); }, removeItem: () => { throw new Error("no"); } };

  remember(broken, "SP-1");
  forget(broken);

  assert.deepEqual(seen(broken), []);
});

test("what is forgotten is gone", () => {
  const store = aStore();
  remember(store, "SP-1");

  forget(store);

  assert.deepEqual(seen(store), []);
});
