import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { test } from "node:test";
import { Contact } from "../src/counter/contact.js";
import { KEEP } from "../src/counter/keeping.js";
import { ask, LONG_PATIENCE, PATIENCE, reach } from "../src/counter/line.js";
import { factsOf, hexOf, Offline, WHOLE } from "../src/counter/offline.js";
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
    setFact: async (key, value) => facts.set(key, value),
    dropParcels: async (codes) => codes.forEach((code) => parcels.delete(code)),
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
  const line = async (url, options, { patience = PATIENCE } = {}) => {
    asked.push({ url, body: options?.body && JSON.parse(options.body), patience });
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

test("what the server could not write down this time stays, and what is behind it goes on", async () => {
  const answer = (outcomes) => ({ body }) => said({ answers: body.scans.map(({ scan_id }) => ({ scan_id, outcome: outcomes[scan_id] ?? "collected" })) });
  const { offline, asked } = counter(
    said(list({ parcels: [parcel(), parcel({ c: "3456789ABC" })] })), answer({ "scan-0001": "later" }), answer({}),
  );
  await offline.refresh();
  await offline.handOver({ code: CODE, scan_id: "scan-0001" });
  await offline.handOver({ code: "3456789ABC", scan_id: "scan-0002" });

  assert.equal(await offline.send(), "sent");
  assert.deepEqual((await offline.store.waiting()).map(({ scan_id }) => scan_id), ["scan-0001"]);
  assert.deepEqual(await offline.store.refused(), []);
  assert.equal(asked.length, 2, "it is not asked again at once");

  assert.equal(await offline.send(), "sent");
  assert.equal(await offline.store.countWaiting(), 0);
});

test("30 scans that have to wait do not stop the one behind them", async () => {
  const codes = Array.from({ length: 31 }, (_, n) => `${CODE.slice(0, 8)}${"23456789AB"[Math.floor(n / 10)]}${"23456789AB"[n % 10]}`);
  const { offline } = counter(
    said(list({ parcels: codes.map((c) => parcel({ c })) })),
    ({ body }) => said({ answers: body.scans.map(({ scan_id }) => ({ scan_id, outcome: scan_id === "scan-0030" ? "collected" : "later" })) }),
  );
  await offline.refresh();
  for (const [n, code] of codes.entries()) await offline.handOver({ code, scan_id: `scan-00${n}` });

  await offline.send();

  assert.equal(await offline.store.countWaiting(), 30);
});

test("the list has longer to come than a scan", async () => {
  const { offline, asked } = counter(said(list()));
  await offline.refresh();

  assert.ok(asked[0].patience === LONG_PATIENCE && LONG_PATIENCE > 4 * PATIENCE);
});

test("once a day the list is asked for whole", async () => {
  const { offline, asked, time } = counter(said(list()), said(list({ full: false, next: "18" })), said(list({ full: false, next: "19" })), said(list()));
  await offline.refresh();
  for (const hours of [12, 23.9, 24.1]) {
    time.now = new Date(NOW.getTime() + hours * 3600_000);
    await offline.refresh();
  }

  assert.equal(WHOLE, 24 * 3600_000);
  assert.deepEqual(asked.map(({ url }) => url), ["/m?since=", "/m?since=17", "/m?since=18", "/m?since="]);
});

test("a parcel whose flight has long left is not here any more, also while there is no network", async () => {
  const { offline, time } = counter(said(list()));
  await offline.refresh();
  time.now = new Date("2026-11-24T20:00:00Z");
  assert.equal((await offline.look(CODE)).outcome, "collected");

  time.now = new Date("2026-11-24T20:00:01Z");

  assert.equal((await offline.look(CODE)).outcome, "not_listed");
  await offline.forgetWhenOld();
  time.now = new Date("2026-11-24T20:02:00Z");
  await offline.forgetWhenOld();
  assert.deepEqual(await offline.store.parcels(), []);
});

test("a clock that is set back does not lengthen the eighteen hours", async () => {
  const { offline, time } = counter(said(list({ parcels: [parcel({ u: "2026-11-25T14:00:00Z" })] })));
  await offline.refresh();
  time.now = new Date(NOW.getTime() + 17 * 3600_000);
  assert.equal((await offline.look(CODE)).outcome, "collected");
  time.now = new Date(time.now.getTime() - 9 * 60_000);
  assert.equal((await offline.look(CODE)).outcome, "collected", "a clock may be put right by a few minutes");

  time.now = new Date(NOW.getTime() + 3600_000);

  assert.equal((await offline.look(CODE)).outcome, "not_listed");
});

test("a sealed bag's number that the server would refuse is refused here, before the goods leave", async () => {
  const { offline } = counter(said(list({ parcels: [parcel({ k: [["sealed_bag"]] })] })));
  await offline.refresh();

  for (const sealed_bag of ["AB_1234", "12#45", "序列号1234", "   ", "123"]) {
    assert.equal((await offline.handOver({ code: CODE, checks: { sealed_bag } })).outcome, "needs_check", sealed_bag);
  }
  assert.equal((await offline.handOver({ code: CODE, checks: { sealed_bag: " ab-1234 " } })).outcome, "collected");
});

test("travellers on the way are known without network: who waits, the first first, for half a day and not after the flight", async () => {
  const parcels = [
    ["A", { w: "2026-11-24T09:50:00Z" }], ["B", { w: "2026-11-24T09:30:00Z", s: "packing" }], ["C", {}], ["D", { w: "2026-11-24T09:00:00Z", s: "collected" }],
    ["E", { w: "2026-11-23T21:00:00Z" }], ["F", { w: "2026-11-24T09:00:00Z", u: "2026-11-24T09:59:00Z" }], ["G", { w: "2026-11-24T09:10:00Z" }],
  ].map(([last, more]) => parcel({ c: `23456789A${last}`, ...more }));
  const { offline } = counter(said(list({ parcels })));
  await offline.refresh();
  await offline.handOver({ code: "23456789AG" });

  assert.deepEqual((await offline.coming()).map(({ c }) => c), ["23456789AB", "23456789AA"]);
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
  const u = "2026-11-25T14:00:00Z";
  const { offline, time } = counter(said(list({ parcels: [parcel({ u }), parcel({ c: "3456789ABC", u })] })));
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

// --- the contacts ---

const still = { setTimeout: (_call, wait) => { still.wait = wait; return 1; }, clearTimeout: () => {} };
function contact(reach, offline = null) {
  const seen = { changed: 0, signedOut: 0 };
  const made = new Contact(reach, {
    isOnline: true, changed: async () => { seen.changed += 1; }, signedOut: async () => { seen.signedOut += 1; }, win: still,
  });
  made.offline = offline;
  return { made, seen };
}
const open = async () => ({ kind: "open", csrf: "new" });

test("without a store one lost question does not keep the page offline", async () => {
  const answers = [{ kind: "no_network" }, { kind: "open", csrf: "new" }];
  const { made } = contact(async () => answers.shift());
  made.lost();
  assert.deepEqual([made.isOnline, still.wait], [false, 4000]);

  await made.make();
  assert.deepEqual([made.isOnline, still.wait], [false, 4000]);
  await made.make();

  assert.deepEqual([made.isOnline, still.wait, made.csrf], [true, 60_000, "new"]);
});

test("without a store a device that was revoked is sent to the way in", async () => {
  const { made, seen } = contact(async () => ({ kind: "signed_out" }));

  await made.make();

  assert.equal(seen.signedOut, 1);
});

test("a list that does not come is no reason to be offline: scans still go to the server", async () => {
  const { offline } = counter({ kind: "no_network" });
  const { made } = contact(open, offline);

  await made.make();

  assert.deepEqual([made.isOnline, still.wait, offline.csrf], [true, 20_000, "new"]);
});

test("what waits is sent before the list is asked for, and a line that breaks meanwhile is lost", async () => {
  const { offline, asked } = counter(said(list()), collected, said(list()), { kind: "no_network" });
  await offline.refresh();
  await offline.handOver({ code: CODE, scan_id: "scan-0001" });
  const { made } = contact(open, offline);
  await made.make();
  assert.deepEqual([made.isOnline, asked.map(({ url }) => url)], [true, ["/m?since=", "/s", "/m?since=17"]]);

  await offline.store.putParcels([parcel({ c: "3456789ABC" })], [], false, {});
  await offline.handOver({ code: "3456789ABC", scan_id: "scan-0002" });
  await made.make();

  assert.equal(made.isOnline, false);
  assert.equal(await offline.store.countWaiting(), 1);
});

test("the server is reached by a small question, and a guest network's page or a broken answer is none", async () => {
  const asked = [];
  const through = (answer) => reach("/m", async (url) => { asked.push(url); return answer; });

  assert.deepEqual(await through(said({ csrf: "x" })), { kind: "open", csrf: "x" });
  assert.deepEqual(await through({ kind: "answer", status: 200, text: "<html>Accept our terms" }), { kind: "no_network" });
  assert.deepEqual(await through(said({}, 500)), { kind: "no_network" });
  assert.deepEqual(await through(said({}, 403)), { kind: "signed_out" });
  assert.deepEqual(await through({ kind: "signed_out" }), { kind: "signed_out" });
  assert.ok(asked.every((url) => url === "/m?since=9999999999999"));
});

test("who asks for a contact while one is made waits for that one", async () => {
  let answer;
  let asked = 0;
  const { made } = contact(() => { asked += 1; return new Promise((resolve) => { answer = resolve; }); });
  const both = [made.make(), made.make()];
  await Promise.resolve();
  answer({ kind: "open", csrf: "new" });
  await Promise.all(both);

  assert.equal(asked, 1);
  assert.equal(made.isOnline, true);
});
