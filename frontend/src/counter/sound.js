// A short sound for the answer, so that staff need not look up: one high tone, two middle ones, or one low and long.
const TONES = { // [frequency in Hz, start in s, length in s]
  ok: [[880, 0, 0.12]],
  warn: [[520, 0, 0.12], [520, 0.18, 0.12]],
  stop: [[190, 0, 0.45]],
};
const OK = new Set(["collected", "look", "undone", "ok"]);
const WARN = new Set(["already_collected", "not_ready", "needs_check", "other_point", "wrong_day", "warn"]);

export const kindOf = (outcome) => (OK.has(outcome) ? "ok" : WARN.has(outcome) ? "warn" : "stop");

export function play(outcome, win = window) {
  if (!win.AudioContext) return;
  const audio = new win.AudioContext();
  const last = TONES[kindOf(outcome)].map(([frequency, start, length]) => {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    volume.gain.value = 0.15;
    tone.frequency.value = frequency;
    tone.connect(volume).connect(audio.destination);
    tone.start(audio.currentTime + start);
    tone.stop(audio.currentTime + start + length);
    return tone;
  }).pop();
  last.addEventListener("ended", () => audio.close());
}
