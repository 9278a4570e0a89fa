// Asking the server again and again, politely: with growing pauses, not while the page is hidden, not for ever.
export const PAUSES = [1, 2, 3, 5, 8, 13]; // seconds; the last one repeats

export function* pauses(forSeconds) {
  let waited = 0;
  for (let n = 0; waited < forSeconds; n += 1) {
    const pause = Math.min(PAUSES[Math.min(n, PAUSES.length - 1)], forSeconds - waited);
    waited += pause;
    yield pause;
  }
}

// Resolves to the first state that is not `present`, or to null when the time is over. A failed question counts as "no news".
export async function untilStateChanges(ask, present, { forSeconds, sleep, worthAsking = () => true }) {
  for (const pause of pauses(forSeconds)) {
    await sleep(pause * 1000);
    if (!worthAsking()) continue;
    const state = await ask().catch(() => null);
    if (state && state !== present) return state;
  }
  return null;
}

export const sleep = (ms) => new Promise((wake) => setTimeout(wake, ms));
