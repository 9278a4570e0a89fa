// A short sound for the answer, so that staff need not look up: one high tone, two middle ones, or one low and long.
const TONES = { // [frequency in Hz, start in s, length in s]
  ok: [[880, 0, 0.12]],
  warn: [[520, 0, 0.12], [520, 0.18, 0.12]],
  stop: [[190, 0, 0.45]],
};
const OK = new Set(["collected", "look", "undone", "ok"]);
const WARN = new Set(["already_collected", "not_ready", "needs_check", "other_point", "wrong_day", "not_listed", "needs_network", "warn"]);
const CHOICE = "counter-sound";

export const kindOf = (outcome) => (OK.has(outcome) ? "ok" : WARN.has(outcome) ? "warn" : "stop");

export const isOn = (win = window) => win.localStorage.getItem(CHOICE) !== "off";

export const turn = (on, win = window) => win.localStorage.setItem(CHOICE, on ? "on" : "off");

let audio = null; // one for the page: browsers allow few

export function play(outcome, win = window) {
  if (!win.AudioContext || !isOn(win)) return;
  audio ??= new win.AudioContext();
  if (audio.state === "suspended") audio.resume().catch(() => {}); // until somebody has touched the page it stays silent
  for (const [frequency, start, length] of TONES[kindOf(outcome)]) {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    volume.gain.value = 0.15;
    tone.frequency.value = frequency;
    tone.connect(volume).connect(audio.destination);
    tone.start(audio.currentTime + start);
    tone.stop(audio.currentTime + start + length);
  }
}
