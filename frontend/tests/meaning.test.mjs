// The same table as tests/pickup/test_redeem_cases.py: server and browser must give the same answers.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { mayBeFor } from "../src/counter/boarding-pass.js";
import { isSerial, SERIAL } from "../src/counter/checks.js";
import { outcomeOf } from "../src/counter/meaning.js";
import { whatIs } from "../src/counter/scan-box.js";
import { sealOf } from "../src/counter/token.js";

const table = JSON.parse(readFileSync(new URL("../../tests/pickup/redeem_cases.json", import.meta.url), "utf8"));

const factsOf = (given) => given && {
  state: given.state,
  refundState: given.refund_state,
  revoked: given.revoked,
  collected: given.collected,
  here: given.device_point === null || given.device_point === given.point,
  unpacked: given.unpacked,
  early: given.early,
  unchecked: given.unchecked,
  passFits: given.pass_fits ?? false,
  collectFrom: new Date(given.collect_from),
};

for (const { name, scanned, given, expected } of table.cases) {
  test(`a scan means the same here as on the server: ${name}`, async () => {
    const found = whatIs(table.texts[scanned], table.today);
    const seal = found.kind === "pickup_token" ? await sealOf(found.token, table.public_key) : null;

    assert.equal(outcomeOf(found, seal, factsOf(given), new Date(given?.now ?? table.today)), expected);
  });
}

for (const { name, pass, order, browser } of table.finds) {
  test(`a boarding pass leads to parcels of the list: ${name}`, () => {
    const { kind, boardingPass } = whatIs(pass ?? table.texts.boarding_pass, table.today);

    assert.equal(kind, "boarding_pass");
    assert.equal(mayBeFor(boardingPass, order), browser);
  });
}

for (const { text, good } of table.serials) {
  test(`a sealed bag's number is good or not as on the server: "${text}"`, () => assert.equal(isSerial(text), good));
}

test("the pattern of the field can be read by every browser, old ones (flag u) and new ones (flag v)", () => {
  for (const flags of ["u", "v"]) assert.ok(new RegExp(`^(?:${SERIAL})$`, flags).test("ab-12./ 3"));
});

test("the table is long enough", () => {
  assert.ok(table.cases.length >= 60);
});
