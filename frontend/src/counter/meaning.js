// What a scan means, from the facts of the order and the counter: shop/pickup/rules.py for a page without network.
// tests/pickup/redeem_cases.json holds both to the same answers.
const CANCELLED = new Set(["cancelled", "expired", "no_show"]);
const BY_CODE = new Set(["pickup_token", "pickup_code"]);
const GIVEN = new Set(["collected", "partly_collected"]);

// `facts`: {state, refundState, revoked, collected, here, unpacked, early, collectFrom, unchecked}; times are Date or ms.
// `unchecked`: something that this hand-over needs has not been looked at. `byCode`: the pickup code was shown; without it
// `passFits` says whether a boarding pass of this flight and traveller was. A label only finds a parcel.
export function meaning(facts, now) {
  if (facts.collected || GIVEN.has(facts.state)) return "already_collected";
  if (facts.refundState === "refunded" || (CANCELLED.has(facts.state) && facts.refundState !== "none")) return "refunded";
  if (CANCELLED.has(facts.state)) return "cancelled";
  if (facts.revoked) return "revoked";
  if (facts.state === "awaiting_payment") return "not_paid";
  if (!facts.here) return "other_point";
  if (facts.state !== "ready" && !(facts.state === "paid" && facts.unpacked)) return "not_ready";
  if (now < facts.collectFrom && !facts.early) return "wrong_day";
  if (facts.unchecked || !(facts.byCode || facts.passFits)) return "needs_check";
  return "collected";
}

// The outcome of what whatIs() found. `facts` are null when no parcel is known for it; `seal` is what sealOf() said of a
// token. A token whose seal is wrong is unknown even if its code exists.
export function outcomeOf(scanned, seal, facts, now) {
  if (scanned.kind === "not_known" || !facts) return "unknown";
  if (scanned.kind === "pickup_token" && seal === "forged") return "unknown";
  return meaning({ ...facts, byCode: BY_CODE.has(scanned.kind) }, now);
}
