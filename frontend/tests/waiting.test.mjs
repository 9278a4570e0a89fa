import assert from "node:assert/strict";
import { test } from "node:test";
import { pauses, untilStateChanges } from "../src/lib/waiting.js";

test("the pauses grow and together fill the time given", () => {
  assert.deepEqual([...pauses(60)], [1, 2, 3, 5, 8, 13, 13, 13, 2]);
});

test("a changed state ends the waiting", async () => {
  const states = ["awaiting_payment", "paid", "packing"];
  const slept = [];

  const state = await untilStateChanges(async () => states.shift(), "awaiting_payment", { forSeconds: 60, sleep: async (ms) => slept.push(ms) });

  assert.equal(state, "paid");
  assert.deepEqual(slept, [1000, 2000]);
});

test("a failed question is no news, and the time ends", async () => {
  let asked = 0;
  const ask = async () => { asked += 1; throw new Error("offline"); };

  const state = await untilStateChanges(ask, "awaiting_payment", { forSeconds: 6, sleep: async () => {} });

  assert.equal(state, null);
  assert.equal(asked, 3);
});

test("a hidden page does not ask", async () => {
  const ask = async () => assert.fail("asked");

  assert.equal(await untilStateChanges(ask, "paid", { forSeconds: 3, sleep: async () => {}, worthAsking: () => false }), null);
});
