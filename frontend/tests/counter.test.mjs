import assert from "node:assert/strict";
import { test } from "node:test";
import { kindOf } from "../src/counter/sound.js";
import { WedgeBuffer } from "../src/counter/wedge.js";
import { randomId } from "../src/lib/ids.js";

function type(text, gap) {
  const buffer = new WedgeBuffer();
  let at = 1000;
  let code = null;
  for (const key of [...text.replace("\n", ""), text.endsWith("\n") ? "Enter" : "Tab"]) code = buffer.take(key, (at += gap));
  return code;
}

test("a scanner's fast keys are a code, ended by Enter or Tab", () => {
  assert.equal(type("7KQ2M9XD\n", 4), "7KQ2M9XD");
  assert.equal(type("7KQ2M9XD", 50), "7KQ2M9XD");
});

test("a person's slow keys are none", () => {
  assert.equal(type("7KQ2M9XD\n", 120), null);
});

test("modifier keys between the letters are not part of the code", () => {
  const buffer = new WedgeBuffer();
  ["Shift", "A", "B", "Shift", "C", "D"].forEach((key, n) => buffer.take(key, 1000 + n * 5));

  assert.equal(buffer.take("Enter", 1035), "ABCD");
});

test("something shorter than any code is dropped", () => {
  assert.equal(type("AB\n", 4), null);
});

test("only a hand-over sounds good, and what nobody knows sounds like stop", () => {
  assert.deepEqual(["collected", "already_collected", "revoked", "made_up"].map(kindOf), ["ok", "warn", "stop", "stop"]);
});

test("an id is a version 4 UUID with or without randomUUID", () => {
  const old = { getRandomValues: (bytes) => bytes.fill(255) };

  assert.equal(randomId(old), "ffffffff-ffff-4fff-bfff-ffffffffffff");
  assert.match(randomId(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
