import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { LETTERS, labelText, whatIs } from "../src/counter/scan-box.js";

const table = JSON.parse(readFileSync(new URL("../../tests/pickup/scan_cases.json", import.meta.url), "utf8"));
const KINDS = new Set(["pickup_token", "pickup_code", "parcel_label", "boarding_pass", "not_known"]);

function plain({ kind, code, orderNumber, boardingPass, hint }) {
  const flights = boardingPass?.legs.map((leg) => `${leg.flight} ${leg.origin} ${leg.destination}`);
  return { kind, code, number: orderNumber, flights, name: boardingPass?.name, hint };
}

for (const { name, text, expected } of table.scans) {
  test(`the box knows which is which: ${name}`, () => {
    const found = plain(whatIs(text, table.today));
    const { forged, ...rest } = expected; // the seal is token.js's business

    assert.deepEqual(Object.fromEntries(Object.keys(rest).map((key) => [key, found[key]])), rest);
  });
}

// Chance with a beginning of its own, so that a failure comes again (mulberry32).
function chance(seed) {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

test("ten thousand texts are each one of the kinds, and the box still works", () => {
  const pick = chance(2026);
  const pieces = [...table.scans.map(({ text }) => text), "]Q3", "+Q3", "M1", "M4", "DF1", "DFP", "\u001d", "ß", "İ", "\ud800", "😀", " ".repeat(60)];
  const began = performance.now();
  for (let n = 0; n < 10_000; n += 1) {
    let text = "";
    for (let part = pick(4); part >= 0; part -= 1) {
      const piece = pieces[pick(pieces.length)];
      text += pick(3) ? piece : piece.slice(pick(piece.length + 1)) + String.fromCharCode(pick(65536)) + piece.slice(0, pick(20));
    }
    assert.ok(KINDS.has(whatIs(text, table.today).kind), JSON.stringify(text));
  }

  assert.ok((performance.now() - began) / 10_000 < 1, "ms for each");
  assert.equal(whatIs("7KQ2M-9XDAB", table.today).kind, "pickup_code");
});

test("what is no text at all is nothing known", () => {
  for (const nothing of [undefined, null, "", 0, {}]) assert.equal(whatIs(nothing, table.today).kind, "not_known");
});

test("a label leads back to its order, and one wrong letter or two swapped ones are found", () => {
  const pick = chance(7);
  for (let n = 0; n < 500; n += 1) {
    const number = "D" + Array.from({ length: 9 }, () => LETTERS[pick(29)]).join("");
    const label = labelText(number);
    const place = 3 + pick(11);
    const other = 3 + pick(11);
    const letters = [...label];
    [letters[place], letters[other]] = [letters[other], letters[place]];
    const wrong = label.slice(0, place) + LETTERS[pick(29)] + label.slice(place + 1);

    assert.equal(whatIs(label, table.today).orderNumber, number);
    for (const damaged of [letters.join(""), wrong]) {
      if (damaged !== label) assert.deepEqual(whatIs(damaged, table.today), { kind: "not_known", hint: "damaged_label" });
    }
  }
});

test("what is no order number gets no label", () => {
  for (const number of ["", "D7KQ2M9XD", "T7KQ2M9XDA", "D7KQ2M9XDO"]) assert.throws(() => labelText(number), RangeError);
});
