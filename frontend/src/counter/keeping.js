// How long this browser may know the parcels: until 18 hours after the last contact, by a clock that was not set back.
// The page asks at every question, the service worker whenever a page below /counter/ is opened.
export const KEEP = 18 * 3600 * 1000; // ms after the last contact; a shift is over by then
const SLIP = 10 * 60 * 1000; // ms; a clock that is put right may go back so far
const OFTEN = 60 * 1000; // ms; the latest moment that was seen is written down as often

// Forgets what belongs to travellers when it is too old, or when the clock shows less than it did before. Resolves with
// "forgotten", "kept", or "seen" once a minute, when it is time to tidy.
export async function forgetWhenOver(store, now) {
  const [contact, seen] = [await store.fact("contact"), await store.fact("seen")];
  if (contact === undefined) return "kept";
  const latest = Math.max(contact, seen ?? 0);
  if (now - contact > KEEP || now < latest - SLIP) {
    await store.forget();
    return "forgotten";
  }
  if (now - (seen ?? 0) < OFTEN) return "kept";
  await store.setFact("seen", Math.max(now, latest));
  return "seen";
}
