import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { legFrom, readBoardingPass, sameDay, sameDestination, sameFlight, sameName } from "../src/counter/boarding-pass.js";

const table = JSON.parse(readFileSync(new URL("../../tests/pickup/scan_cases.json", import.meta.url), "utf8"));
const sample = (start) => table.boarding_passes.find(({ name }) => name.startsWith(start));

for (const { name, text, today, expected } of table.boarding_passes) {
  test(`a pass says what it says: ${name}`, () => {
    assert.deepEqual(readBoardingPass(text, today), expected);
  });
}

test("names are compared as a person would", () => {
  for (const [onPass, traveller, likeness] of table.names) {
    assert.equal(sameName(onPass, traveller), likeness, `${onPass} and ${traveller}`);
  }
});

test("a flight is the same under any number it is sold by", () => {
  for (const { leg, flight, codeshares, expected } of table.flights) {
    assert.equal(sameFlight(leg, flight, codeshares), expected, `${leg.flight} and ${flight}`);
  }
});

test("a departure may slip over midnight", () => {
  for (const { leg, day, expected } of table.days) assert.equal(sameDay(leg, day), expected, day);
});

test("the leg that counts is the one that leaves here, and the nearer of two", () => {
  const read = readBoardingPass(sample("3:").text, "2026-08-14");
  const again = { ...read.legs[1], day: "2026-08-30" };

  assert.equal(legFrom(read, "FRA", "2026-08-14"), read.legs[1]);
  assert.equal(legFrom(read, "GVA", "2026-08-14"), null);
  assert.equal(legFrom({ ...read, legs: [...read.legs, again] }, "FRA", "2026-08-29"), again);
});

test("a pass may end before the journey does", () => {
  const read = readBoardingPass(sample("3:").text, "2026-08-14");

  assert.equal(sameDestination(read, read.legs[1], "GVA", "GVA"), "same");
  assert.equal(sameDestination(read, read.legs[1], "GVA", "PEK"), "similar");
  assert.equal(sameDestination(read, read.legs[1], "PEK", "PEK"), "different");
  assert.equal(sameDestination(read, read.legs[0], "FRA", "GVA"), "same");
  assert.equal(sameDestination(read, read.legs[0], "FRA", "PEK"), "different");
});

test("a pass cut off anywhere is read or refused and never a fault", () => {
  const { text } = sample("3:");
  const read = [...text].map((_, n) => readBoardingPass(text.slice(0, n), "2026-08-14")).filter(Boolean);

  assert.ok(read.length > 50);
  assert.ok(read.every(({ legs }) => legs.length === 2));
});
