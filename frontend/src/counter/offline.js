// The counter without network: what a scan means by the parcels that are in this browser, hand-overs that wait, and
// sending them. `store` is store.js, `line` asks the server as line.js does.
import { randomId } from "../lib/ids.js";
import { mayBeFor } from "./boarding-pass.js";
import { areMade } from "./checks.js";
import { forgetWhenOver } from "./keeping.js";
import { LONG_PATIENCE, readAnswer } from "./line.js";
import { outcomeOf } from "./meaning.js";
import { labelText, whatIs } from "./scan-box.js";
import { sealOf } from "./token.js";

export const WHOLE = 24 * 3600 * 1000; // ms after which the list is asked for whole again
const BEHIND = 6 * 3600 * 1000; // ms after which a flight's parcels leave the list, as in shop/pickup/manifest.py
const ON_THE_WAY = 12 * 3600 * 1000; // ms; as in shop/orders/trip_queries.py
const WAITING = new Set(["paid", "packing", "ready"]);
export const BATCH = 25; // scans sent together
const TO_DO = new Set(["collected", "needs_check"]); // after these a look goes on; every other one is over
const FINDS = new Set(["boarding_pass", "parcel_label"]); // these lead to a parcel, and give none: the list holds no names

// The day on this device, as a boarding pass is read by it.
export const dayOf = (now) => [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, "0")).join("-");

// The facts of a parcel of the list (shop/pickup/manifest.py says what its letters are). `checks` are what staff answered.
export function factsOf(parcel, points, checks = null) {
  const point = (parcel.p ? points[parcel.p] : Object.values(points)[0]) ?? {};
  return {
    state: parcel.s,
    refundState: parcel.r ?? "none",
    revoked: false, // such a parcel leaves the list
    collected: Boolean(parcel.at),
    here: true, // the others are not in the list
    unpacked: Boolean(point.unpacked),
    early: Boolean(point.early),
    collectFrom: new Date(parcel.f).getTime(),
    unchecked: !areMade(parcel.k ?? [], checks),
  };
}

// The shop writes the key in base64url, token.js reads hexadecimal digits.
export const hexOf = (text) =>
  Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0).toString(16).padStart(2, "0")).join("");

const isOver = ({ u }, now) => new Date(u).getTime() + BEHIND < now;

export class Offline {
  constructor(store, line, { addresses, clock = () => new Date(), subtle } = {}) {
    Object.assign(this, { store, line, addresses, clock, subtle, csrf: "" });
  }

  // What the server gives for the time without it. Answers "fresh", "signed_out" or "no_network".
  async refresh() {
    await this.forgetWhenOld();
    const now = this.clock().getTime();
    const isRecent = now - ((await this.store.fact("whole")) ?? 0) < WHOLE;
    const since = (isRecent && (await this.store.fact("next"))) || "";
    const said = await this.line(`${this.addresses.manifest}?since=${encodeURIComponent(since)}`, {}, { patience: LONG_PATIENCE });
    if (said.kind === "signed_out" || said.status === 403) {
      await this.store.forget();
      return "signed_out";
    }
    const list = readAnswer(said);
    if (!list?.parcels) return "no_network";
    this.csrf = list.csrf;
    const { next, point, points } = list;
    if (!list.full && (await this.store.fact("point")) !== point) { // another point now: its list is asked for whole
      await this.store.forget();
      return this.refresh();
    }
    const facts = {
      next, point, points, staff: list.staff ?? null, publicKey: hexOf(list.public_key), contact: this.clock().getTime(),
      ...(list.full ? { whole: now } : {}),
    };
    await this.store.putParcels(await this.withoutWaiting(list.parcels), list.gone, list.full, facts);
    return "fresh";
  }

  // A parcel whose hand-over still waits here is gone, whatever the server believes.
  async withoutWaiting(parcels) {
    const given = new Map((await this.store.waiting()).filter((scan) => scan.parcel).map((scan) => [scan.parcel, scan.scanned_at]));
    return parcels.map((parcel) => (given.has(parcel.c) ? { ...parcel, at: given.get(parcel.c) } : parcel));
  }

  async forgetWhenOld() {
    const now = this.clock().getTime();
    if ((await forgetWhenOver(this.store, now)) !== "seen") return;
    const over = (await this.store.parcels()).filter((parcel) => isOver(parcel, now));
    if (over.length) await this.store.dropParcels(over.map(({ c }) => c));
  }

  // The parcels of travellers on the way, the first to say so first.
  async coming() {
    const now = this.clock().getTime();
    const isComing = ({ w, s, u, at }) => w && !at && WAITING.has(s) && now - new Date(w).getTime() < ON_THE_WAY && new Date(u).getTime() > now;
    return (await this.store.parcels()).filter(isComing).sort((one, other) => (one.w < other.w ? -1 : 1));
  }

  // What was scanned, and the parcels of the list that it leads to. An order's number that was typed is as good as its label.
  async find(text, now) {
    const scanned = whatIs(text, dayOf(now));
    const known = scanned.code && (await this.store.parcel(scanned.code));
    const own = known && !isOver(known, now.getTime()) ? known : null;
    if (own || !(FINDS.has(scanned.kind) || scanned.kind === "pickup_code")) return { scanned, parcels: own ? [own] : [] };
    const parcels = (await this.store.parcels()).filter((parcel) => !isOver(parcel, now.getTime()));
    if (scanned.kind === "boarding_pass") {
      const fit = parcels.filter((parcel) => mayBeFor(scanned.boardingPass, parcel));
      const waiting = fit.filter((parcel) => !parcel.at);
      return { scanned, parcels: waiting.length ? waiting : fit };
    }
    const number = scanned.orderNumber ?? scanned.code;
    const found = parcels.filter((parcel) => parcel.n === number);
    return { scanned: found.length ? { kind: "parcel_label", orderNumber: number } : scanned, parcels: found };
  }

  // What a hand-over would answer: {outcome, parcel, code, scanned, seal}; `found`: it takes the code to give it; "several"
  // with their `parcels`. Changes nothing.
  async look(text, checks = null) {
    await this.forgetWhenOld();
    const now = this.clock();
    const { scanned, parcels } = await this.find(text, now);
    const answer = { outcome: "unknown", parcel: null, scanned, seal: null, found: FINDS.has(scanned.kind), code: scanned.code ?? "" };
    if (parcels.length > 1) return { ...answer, outcome: "several", parcels };
    const parcel = parcels[0] ?? null;
    if (answer.found && !parcel) return { ...answer, outcome: "needs_network" };
    const [publicKey, points] = [await this.store.fact("publicKey"), await this.store.fact("points")];
    if (scanned.kind === "pickup_token" && publicKey) answer.seal = await sealOf(scanned.token, publicKey, this.subtle);
    const outcome = outcomeOf(scanned, answer.seal, parcel && factsOf(parcel, points ?? {}, checks), now.getTime());
    if (scanned.kind !== "not_known" && !parcel && answer.seal !== "forged") return { ...answer, outcome: "not_listed" };
    return { ...answer, outcome, parcel: outcome === "unknown" ? null : parcel, code: answer.found ? "" : (parcel?.c ?? answer.code) };
  }

  // Writes a hand-over down, to be sent later. Looks again first: the parcel may be gone since. Resolves when it is on
  // the disk. `scan`: {code, scan_id?, scanned_at?, checks?}.
  async handOver(scan) {
    const waiting = await this.store.waiting();
    const scanId = scan.scan_id || randomId();
    const before = waiting.find((one) => one.scan_id === scanId);
    const looked = await this.look(scan.code, scan.checks ?? {});
    if (before && !before.refused) return { ...looked, outcome: "collected", at: before.scanned_at };
    const at = scan.scanned_at || this.clock().toISOString();
    if (looked.outcome !== "collected") {
      await this.refused({ scan_id: scanId, scanned_at: at }, looked, false);
      return looked;
    }
    const parcel = { ...looked.parcel, at };
    const kept = { code: scan.code, scan_id: scanId, scanned_at: at, checks: scan.checks ?? {}, staff: await this.staff() };
    await this.store.handOver({ ...kept, parcel: parcel.c }, parcel);
    return { ...looked, at };
  }

  // Who is at this counter, as the server said it, until their shift is over.
  async staff() {
    const { name, until } = (await this.store.fact("staff")) ?? {};
    return name && this.clock() < new Date(until) ? name : null;
  }

  // Writes a scan down that was refused, for the shop's audit: every scan is in it. Of what was read only a code or a label is
  // kept; a boarding pass and what is nothing of ours is not. `answer` is that of a look, or of a hand-over.
  async refused({ scan_id, scanned_at }, answer, isLook = true) {
    const { outcome, scanned, parcel, seal } = answer;
    const isMinor = parcel?.k?.some((check) => check.includes("minor"));
    if (isLook && TO_DO.has(outcome) && !answer.found && !isMinor) return;
    const scanId = scan_id || randomId();
    if ((await this.store.waiting()).some((one) => one.scan_id === scanId)) return;
    const kind = scanned?.kind ?? "not_known";
    const code = kind === "parcel_label" ? labelText(scanned.orderNumber) : (scanned?.token ?? scanned?.code ?? "");
    const found_by = FINDS.has(kind) ? kind : null;
    const told = seal === "forged" ? "forged" : outcome === "collected" ? "needs_check" : outcome;
    const at = scanned_at || this.clock().toISOString();
    await this.store.handOver({ code, scan_id: scanId, scanned_at: at, checks: {}, staff: await this.staff(), refused: told, found_by }, null);
  }

  // The server has handed this parcel over: known here too, in case the network goes now.
  async handedOver(text) {
    const scanned = whatIs(text, dayOf(this.clock()));
    const parcel = scanned.code && (await this.store.parcel(scanned.code));
    if (parcel) await this.store.changeParcel({ ...parcel, at: this.clock().toISOString() });
  }

  // Sends what waits, oldest first, each with its own id. What the server could not write down this time ("later") stays.
  // Answers "sent", "signed_out" or "no_network".
  async send() {
    for (let last = 0; ;) {
      const batch = (await this.store.waiting()).filter(({ n }) => n > last).slice(0, BATCH); // in the order in which they were given
      if (!batch.length) return "sent";
      last = batch[batch.length - 1].n;
      const scans = batch.map(({ n, parcel, ...scan }) => scan); // as it was kept, but for the browser's own
      const said = await this.line(this.addresses.scans, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRF-Token": this.csrf },
        body: JSON.stringify({ scans }),
      });
      if (said.kind === "signed_out") return "signed_out";
      const told = readAnswer(said);
      if (!told?.answers) return "no_network";
      const answers = new Map(told.answers.map((answer) => [answer.scan_id, answer]));
      if (!batch.some((scan) => answers.has(scan.scan_id))) return "no_network";
      const written = batch.filter((scan) => (answers.get(scan.scan_id)?.outcome ?? "later") !== "later");
      const refusals = written
        .filter((scan) => !scan.refused && answers.get(scan.scan_id).outcome !== "collected")
        .map((scan) => ({ ...answers.get(scan.scan_id), code: scan.parcel, scanned_at: scan.scanned_at }));
      await this.store.sent(written.map((scan) => scan.n), refusals);
    }
  }
}
