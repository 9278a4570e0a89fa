// The line to the server. Every question has a time limit, and an answer is one of three kinds:
//   {kind: "answer", status, url, text} · {kind: "signed_out"} · {kind: "no_network"}
export const PATIENCE = 4000; // ms; longer nobody waits at a counter
const BETWEEN = new Set([502, 503, 504]); // said by whatever stands before the server, when it does not answer
const WAY_IN = /\/counter\/sign-in$/;

export const LONG_PATIENCE = 30_000; // ms for the list of parcels, for which nobody waits
const STILL_TO_COME = "9999999999999"; // a cursor of the list (ms): nothing has changed since, so the answer is small

export async function ask(url, options = {}, { win = globalThis, patience = PATIENCE } = {}) {
  const stop = new AbortController();
  const timer = win.setTimeout(() => stop.abort(), patience);
  try {
    const response = await win.fetch(url, { ...options, credentials: "same-origin", signal: stop.signal });
    if (response.status === 401 || (response.redirected && WAY_IN.test(new URL(response.url).pathname))) return { kind: "signed_out" };
    if (BETWEEN.has(response.status)) return { kind: "no_network" };
    // The words are read here, so that a line that breaks in the middle counts as broken.
    return { kind: "answer", status: response.status, url: response.url, text: await response.text() };
  } catch {
    return { kind: "no_network" };
  } finally {
    win.clearTimeout(timer);
  }
}

// Our server's JSON, or null: a guest network answers everything with a page of its own.
export function readAnswer({ kind, status, text }) {
  if (kind !== "answer" || status !== 200) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

// Whether the server answers, by a small question at the address of the list: {kind: "open", csrf}, "signed_out" or "no_network".
export async function reach(address, line = ask) {
  const said = await line(`${address}?since=${STILL_TO_COME}`);
  if (said.kind === "signed_out" || said.status === 403) return { kind: "signed_out" };
  const told = readAnswer(said);
  return told?.csrf ? { kind: "open", csrf: told.csrf } : { kind: "no_network" };
}
