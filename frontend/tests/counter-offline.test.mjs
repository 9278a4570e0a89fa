import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { test } from "node:test";
import { ask } from "../src/counter/line.js";
import { factsOf, hexOf, KEEP, Offline } from "../src/counter/offline.js";
import { labelText } from "../src/counter/scan-box.js";

const NOW = new Date("2026-11-24T10:00:00Z");
const CODE = "23456789AB";
const parcel = (more = {}) => ({ c: CODE, s: "ready", i: "W. X.", l: [["酒", 1]], f: "2026-11-24T08:00:00Z", u: "2026-11-24T14:00:00Z", ...more });
const list = (more = {}) => ({
  point: "T1-B42", points: { "T1-B42": { unpacked: false, early: false } }, public_key: "AAAA", full: true, parcels: [parcel()], gone: [], next: "17", csrf: "x", ...more,
});

// As store.js, in memory.
function memory() {
  const [facts, parcels, queue, refused] = [new Map(), new Map(), new Map(), new Map()];
  let n = 0;
  return {
    fact: async (key) => facts.get(key),
    parcel: async (code) => parcels.get(code),
    parcels: async () => [...parcels.values()],
    waiting: async () => [...queue.values()],
    countWaiting: async () => queue.size,
    refused: async () => [...refused.values()],
    putParcels: async (more, gone, whole, known) => {
      if (whole) parcels.clear();
      gone.forEach((code) => parcels.delete(code));
      more.forEach((one) => parcels.set(one.c, one));
      Object.entries(known).forEach(([key, value]) => facts.set(key, value));
    },
    changeParcel: async (one) => parcels.set(one.c, one),
    handOver: async (scan, one) => {
      n += 1;
      queue.set(n, { ...scan, n });
      if (one) parcels.set(one.c, one);
    },
    sent: async (numbers, refusals) => {
      numbers.forEach((number) => queue.delete(number));
      refusals.forEach((refusal) => refused.set(refusal.scan_id, refusal));
    },
    forget: async () => [facts, parcels, refused].forEach((map) => map.clear()),
  };
}

function counter(...answers) {
  const asked = [];
  const line = async (url, options) => {
    asked.push({ url, body: options?.body && JSON.parse(options.body) });
    const next = answers.length > 1 ? answers.shift() : answers[0];
    return typeof next === "function" ? next(asked.at(-1)) : next;
  };
  const time = { now: NOW };
  const offline = new Offline(memory(), line, { addresses: { manifest: "/m", scans: "/s" }, clock: () => time.now });
  return { offline, asked, time };
}

const given = async (offline) => (await offline.store.waiting()).filter(({ refused }) => !refused).length; // hand-overs that wait
const said = (body, status = 200) => ({ kind: "answer", status, text: JSON.stringify(body) });
const collected = ({ body }) => said({ answers: body.scans.map(({ scan_id }) => ({ scan_id, outcome: "collected" })) });

test("a parcel of the list is given once, and its scan waits with its own id and time", async () => {
  const { offline } = counter(said(list()));
  await offline.refresh();

  assert.equal((await offline.look("23456-789ab")).outcome, "collected");
  await offline.handOver({ code: CODE, scan_id: "scan-0001", scanned_at: "2026-11-24T09:59:58.000Z" });

  const [waiting] = await offline.store.waiting();
  assert.deepEqual([waiting.scan_id, waiting.scanned_at, waiting.code], ["scan-0001", "2026-11-24T09:59:58.000Z", CODE]);
  assert.equal((await offline.look(CODE)).outcome, "already_collected");
  assert.equal((await offline.handOver({ code: CODE, scan_id: "scan-0002" })).outcome, "already_collected");
  assert.equal((await offline.handOver({ code: CODE, scan_id: "scan-0001" })).outcome, "collected");
  assert.equal(await given(offline), 1);
});

test("what waits is sent oldest first with the ids it had, and what the server refuses is kept for staff", async () => {
  const { offline, asked } = counter(
    said(list({ parcels: [parcel(), parcel({ c: "3456789ABC" })] })),
    { kind: "no_network" },
    ({ body }) => said({ answers: body.scans.map(({ scan_id }, n) => ({ scan_id, outcome: n ? "already_collected" : "collected" })) }),
  );
  await offline.refresh();
  await offline.handOver({ code: CODE, scan_id: "scan-0001" });
  await offline.handOver({ code: "3456789ABC", scan_id: "scan-0002" });

  assert.equal(await offline.send(), "no_network");
  assert.equal(await offline.store.countWaiting(), 2);
  assert.equal(await offline.send(), "sent");

  assert.deepEqual(asked[1].body, asked[2].body);
  assert.deepEqual(asked[2].body.scans.map(({ scan_id }) => scan_id), ["scan-0001", "scan-0002"]);
  assert.equal(await offline.store.countWaiting(), 0);
  assert.deepEqual((await offline.store.refused()).map(({ scan_id, code }) => [scan_id, code]), [["scan-0002", "3456789ABC"]]);
});

test("a scan that is refused waits too, once, and is no refusal of the server when it was written down", async () => {
  const recorded = ({ body }) => said({ answers: body.scans.map(({ scan_id }) => ({ scan_id, outcome: "recorded" })) });
  const { offline, asked } = counter(said(list({ parcels: [parcel({ s: "packing" })] })), recorded);
  await offline.refresh();
  const scan = { scan_id: "scan-0001", scanned_at: "2026-11-24T09:59:58.000Z" };

  for (let n = 0; n < 2; n += 1) await offline.refused(scan, await offline.look(CODE));
  await offline.refused({ scan_id: "scan-0002" }, await offline.look("3456789ABC"));
  await offline.refused({ scan_id: "scan-0003" }, await offline.look("any text at all"));
  await offline.handOver({ code: CODE, scan_id: "scan-0004" });

  assert.equal(await offline.send(), "sent");
  assert.deepEqual(asked[1].body.scans.map(({ scan_id, refused, code }) => [scan_id, refused, code]), [
    ["scan-0001", "not_ready", CODE], ["scan-0002", "not_listed", "3456789ABC"], ["scan-0003", "unknown", ""], ["scan-0004", "not_ready", CODE],
  ]);
  assert.deepEqual(await offline.store.refused(), []);
});

test("a look that is fine is not written down, for its hand-over is the scan; nor is a boarding pass kept", async () => {
  const { offline } = counter(said(list({ parcels: [parcel({ v: "CA932", d: "2026-11-24", n: "D7KQ2M9XDA" })] })));
  await offline.refresh();
  const pass = "M1WANG/XIAOMING       EABC123 FRAPEKCA 0932 328Y012A0001 100";

  await offline.refused({ scan_id: "scan-0001" }, await offline.look(CODE));
  assert.equal(await offline.store.countWaiting(), 0);

  await offline.refused({ scan_id: "scan-0002" }, await offline.look(pass));
  const [kept] = await offline.store.waiting();
  assert.deepEqual([kept.code, kept.found_by], ["", "boarding_pass"]);
  assert.ok(!JSON.stringify(kept).includes("WANG"));
});

test("who is at the counter stands beside a scan until their shift is over", async () => {
  const { offline, time } = counter(
    said(list({ staff: { name: "MEI", until: "2026-11-24T12:00:00Z" }, parcels: [parcel(), parcel({ c: "3456789ABC" })] })),
  );
  await offline.refresh();
  await offline.handOver({ code: CODE, scan_id: "scan-0001" });
  time.now = new Date("2026-11-24T12:00:01Z");
  await offline.handOver({ code: "3456789ABC", scan_id: "scan-0002" });

  assert.deepEqual((await offline.store.waiting()).map(({ staff }) => staff), ["MEI", null]);
});

test("an answer that leaves a scan out leaves it waiting", async () => {
  const { offline } = counter(said(list()), said({ answers: [] }));
  await offline.refresh();
  await offline.handOver({ code: CODE, scan_id: "scan-0001" });

  assert.equal(await offline.send(), "no_network");
  assert.equal(await offline.store.countWaiting(), 1);
});

test("a guest network's own page is no answer, and takes nothing away", async () => {
  const { offline } = counter(said(list()), { kind: "answer", status: 200, text: "<html>Please accept our terms" });
  await offline.refresh();
  await offline.handOver({ code: CODE, scan_id: "scan-0001" });

  assert.deepEqual([await offline.refresh(), await offline.send()], ["no_network", "no_network"]);
  assert.equal((await offline.look(CODE)).outcome, "already_collected");
  assert.equal(await offline.store.countWaiting(), 1);
});

test("a parcel whose hand-over waits stays gone when the server lists it again", async () => {
  const { offline } = counter(said(list()));
  await offline.refresh();
  await offline.handOver({ code: CODE, scan_id: "scan-0001" });

  await offline.refresh();

  assert.equal((await offline.look(CODE)).outcome, "already_collected");
});

test("eighteen hours after the last contact the parcels are forgotten, scans that wait are not", async () => {
  const { offline, time } = counter(said(list({ parcels: [parcel(), parcel({ c: "3456789ABC" })] })));
  await offline.refresh();
  await offline.handOver({ code: CODE, scan_id: "scan-0001" });
  time.now = new Date(NOW.getTime() + KEEP);
  assert.equal((await offline.look("3456789ABC")).outcome, "collected");

  time.now = new Date(NOW.getTime() + KEEP + 1);

  assert.equal((await offline.look("3456789ABC")).outcome, "not_listed");
  assert.equal(await offline.store.countWaiting(), 1);
});

for (const answer of [{ kind: "signed_out" }, said({}, 403)]) {
  test(`a device that was ${answer.kind === "signed_out" ? "signed out or revoked" : "forbidden"} forgets its parcels`, async () => {
    const { offline } = counter(said(list()), answer);
    await offline.refresh();

    assert.equal(await offline.refresh(), "signed_out");
    assert.equal((await offline.look(CODE)).outcome, "not_listed");
  });
}

test("another point's list replaces this one's", async () => {
  const { offline, asked } = counter(
    said(list()),
    said(list({ full: false, point: "T3-H07", parcels: [] })),
    said(list({ point: "T3-H07", parcels: [parcel({ c: "3456789ABC" })] })),
  );
  await offline.refresh();
  await offline.refresh();

  assert.deepEqual(asked.map(({ url }) => url), ["/m?since=", "/m?since=17", "/m?since="]);
  assert.equal((await offline.look(CODE)).outcome, "not_listed");
  assert.equal((await offline.look("3456789ABC")).outcome, "collected");
});

test("checks must be answered, and nobody under age is given alcohol", async () => {
  const { offline } = counter(said(list({ parcels: [parcel({ k: [["age", "age_unknown"]] }), parcel({ c: "3456789ABC", k: [["age", "minor"]] })] })));
  await offline.refresh();

  assert.equal((await offline.handOver({ code: CODE, checks: {} })).outcome, "needs_check");
  assert.equal((await offline.handOver({ code: CODE, checks: { age: "adult" } })).outcome, "collected");
  assert.equal((await offline.look("3456789ABC")).outcome, "needs_check");
  assert.equal((await offline.handOver({ code: "3456789ABC", checks: { age: "adult" } })).outcome, "needs_check");
});

test("a forged token is told from a genuine one, also of a parcel that is not in the list", async () => {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = publicKey.export({ format: "jwk" }).x;
  const { offline } = counter(said(list({ public_key: raw })));
  await offline.refresh();
  const letters = "0123456789ABCDEFGHJKLMNPQRSTUVWX";
  const token = (code) => {
    let number = BigInt(`0x${sign(null, Buffer.from(`DF1${code}`), privateKey).toString("hex")}`) << 3n;
    let seal = "";
    for (let n = 0; n < 103; n += 1, number >>= 5n) seal = letters[Number(number & 31n)] + seal;
    return `DF1${code}${seal}`;
  };
  const genuine = token(CODE);

  assert.equal((await offline.look(genuine)).outcome, "collected");
  assert.equal((await offline.look(token("3456789ABC"))).outcome, "not_listed");
  const forged = await offline.look(genuine.replace(CODE, "3456789ABC"));
  assert.deepEqual([forged.outcome, forged.seal], ["unknown", "forged"]);
});

const NUMBER = "D7KQ2M9XDA";
const PASS = "M1WANG/XIAOMING       EABC123 FRAPEKCA 0932 328Y012A0001 100";
const known = (more = {}) => parcel({ n: NUMBER, v: "CA932", d: "2026-11-24", ...more });

test("a label opens its parcel without network, and gives nothing: the code is still to come", async () => {
  const { offline } = counter(said(list({ parcels: [known()] })));
  await offline.refresh();

  for (const text of [labelText(NUMBER), NUMBER, "d7kq2-m9xda"]) {
    const found = await offline.look(text);
    assert.deepEqual([found.outcome, found.found, found.parcel.c, found.code], ["needs_check", true, CODE, ""]);
    assert.equal((await offline.handOver({ code: text, scan_id: "scan-0001", checks: { boarding_pass: "seen" } })).outcome, "needs_check");
  }
  assert.equal(await given(offline), 0);
  assert.equal((await offline.look(CODE)).outcome, "collected");
});

test("a boarding pass finds the parcels of its flight, day and initials without network, and gives none", async () => {
  const parcels = [known(), known({ c: "3456789ABC", n: "D3456789AB", i: "L. H." }), known({ c: "456789ABCD", n: "D456789ABC", d: "2026-11-27" })];
  const { offline } = counter(said(list({ parcels })));
  await offline.refresh();

  const found = await offline.look(PASS);
  assert.deepEqual([found.outcome, found.found, found.parcel.n], ["needs_check", true, NUMBER]);
  assert.equal((await offline.handOver({ code: PASS, scan_id: "scan-0001" })).outcome, "needs_check");
  assert.equal(await given(offline), 0);
});

test("several parcels that may be the traveller's are listed without network, those that are gone last", async () => {
  const { offline } = counter(said(list({ parcels: [known(), known({ c: "3456789ABC", n: "D3456789AB" })] })));
  await offline.refresh();

  const several = await offline.look(PASS);
  assert.deepEqual([several.outcome, several.parcels.map(({ n }) => n)], ["several", [NUMBER, "D3456789AB"]]);
  await offline.handOver({ code: CODE, scan_id: "scan-0001" });
  assert.equal((await offline.look(PASS)).parcel.n, "D3456789AB");
});

test("a boarding pass or a label without a parcel in the list needs the network or the code", async () => {
  const { offline } = counter(said(list()));
  await offline.refresh();

  for (const text of [PASS, labelText(NUMBER)]) assert.equal((await offline.look(text)).outcome, "needs_network");
});

test("the facts follow the point: unpacked and early hand-over only where it allows them", () => {
  const points = { A: { unpacked: true, early: false }, B: { unpacked: false, early: true } };

  assert.deepEqual([factsOf(parcel({ p: "A" }), points).unpacked, factsOf(parcel({ p: "B" }), points).unpacked], [true, false]);
  assert.equal(factsOf(parcel({ p: "B" }), points).early, true);
});

test("a key in base64url becomes hexadecimal", () => {
  assert.equal(hexOf("_-8A"), "ffef00");
});

test("a line that is cut, slow, or answered by something before the server is no network", async () => {
  const patience = 20;
  const through = (fetch) => ask("/x", {}, { patience, win: { setTimeout, clearTimeout, fetch } });
  const slow = (_url, { signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));

  assert.equal((await through(async () => { throw new TypeError("cut"); })).kind, "no_network");
  assert.equal((await through(slow)).kind, "no_network");
  assert.equal((await through(async () => new Response("", { status: 502 }))).kind, "no_network");
  assert.equal((await through(async () => new Response("", { status: 401 }))).kind, "signed_out");
  assert.equal((await through(async () => ({ status: 200, redirected: true, url: "http://x/counter/sign-in", text: async () => "" }))).kind, "signed_out");
  assert.deepEqual(await through(async () => new Response("words")), { kind: "answer", status: 200, url: "", text: "words" });
});
