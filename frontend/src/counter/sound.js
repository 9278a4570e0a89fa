// A short sound for each class of answer, so that staff need not look up: they differ in number, length and direction.
import { classOf } from "./outcomes.js";

export const TONES = { // [frequency in Hz, start in s, length in s]
  look: [[880, 0, 0.1]],
  go: [[660, 0, 0.1], [990, 0.12, 0.18]],
  again: [[520, 0, 0.12], [520, 0.18, 0.12]],
  wait: [[440, 0, 0.08], [440, 0.14, 0.08], [440, 0.28, 0.08]],
  check: [[740, 0, 0.14], [470, 0.16, 0.24]],
  stop: [[190, 0, 0.5]],
};
const CHOICE = "counter-sound";

export const isOn = (win = window) => win.localStorage.getItem(CHOICE) !== "off";

export const turn = (on, win = window) => win.localStorage.setItem(CHOICE, on ? "on" : "off");

let audio = null; // one for the page: browsers allow few

export function play(outcome, win = window) {
  if (!win.AudioContext || !isOn(win)) return;
  audio ??= new win.AudioContext();
  if (audio.state === "suspended") audio.resume().catch(() => {}); // until somebody has touched the page it stays silent
  for (const [frequency, start, length] of TONES[classOf(outcome)]) {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    volume.gain.value = 0.15;
    tone.frequency.value = frequency;
    tone.connect(volume).connect(audio.destination);
    tone.start(audio.currentTime + start);
    tone.stop(audio.currentTime + start + length);
  }
}
