// USB and Bluetooth scanners type like a very fast keyboard. Most end with Enter or Tab; for those that do not, a pause
// ends the code. Listens on the whole page, so a scan is not lost because nothing has the focus.
//
// Scanners press the keys of a US keyboard. What the computer makes of them depends on its layout, on CapsLock (on German
// Windows it turns 1 into !) and on Chinese input methods (which take letters away). So the keys themselves are kept beside
// the text: where the text is no whole code and the keys are, the keys count.
export const GAP = 50; // ms between two keys of a scanner at most; people are slower
export const PAUSE = 200; // ms of silence that end a whole code without Enter,
export const LONG_PAUSE = 1200; // and anything else: a busy scanner may stop for a moment in the middle
const SHORTEST = 4;
const SHORTEST_WITHOUT_END = 8; // nothing that fits a counter is shorter
const LATE_END = 1500; // ms; an Enter of a slow scanner after its code was taken already
const INPUT_METHOD = 229; // keyCode of a key that an input method has taken (UI Events, legacy key attributes)

const SIGNS = { // what is printed on a US keyboard: without and with Shift
  Space: "  ", Minus: "-_", Equal: "=+", BracketLeft: "[{", BracketRight: "]}", Backslash: "\\|", IntlBackslash: "<>",
  Semicolon: ";:", Quote: "'\"", Backquote: "`~", Comma: ",<", Period: ".>", Slash: "/?",
};
// What takes letters; a box to tick or a button takes only the space and the Enter of a code, and must not.
const FIELDS = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]";
const OVER_DIGITS = ")!@#$%^&*(";

// The sign that a US keyboard has on this key, or "": Shift and the like, or a keyboard that does not tell its keys.
export function signOn({ code = "", shiftKey = false }) {
  const [, kind, sign] = /^(Key|Digit|Numpad)([A-Z0-9])$/.exec(code) ?? [];
  if (kind === "Key") return shiftKey ? sign : sign.toLowerCase();
  if (kind === "Digit") return shiftKey ? OVER_DIGITS[sign] : sign;
  return sign ?? SIGNS[code]?.[shiftKey ? 1 : 0] ?? "";
}

// Ctrl, Alt and the like make commands; AltGr makes signs (Windows tells it as Ctrl and Alt together).
const isCommand = (event) => (event.ctrlKey || event.altKey || event.metaKey) && !event.getModifierState?.("AltGraph");

const lettersIn = (text) => text.match(/[0-9A-Za-z]/g)?.length ?? 0;

export class WedgeBuffer {
  constructor() {
    this.at = -Infinity;
    this.clear();
  }

  clear() {
    this.text = "";
    this.keys = "";
  }

  get length() {
    return Math.max(this.text.length, this.keys.length);
  }

  // Takes one key, with the sign that a US keyboard has on it; answers the finished {text, keys}, or null.
  take(key, at, sign = "") {
    if (at - this.at > GAP) this.clear();
    this.at = at;
    if (key === "Enter" || key === "Tab") {
      const { text, keys, length } = this;
      this.clear();
      return length >= SHORTEST ? { text, keys } : null;
    }
    if (key.length === 1) this.text += key; // "Shift" and the like are longer
    this.keys += sign;
    return null;
  }

  // After a pause: what the last keys made, or null for a person's. Begins anew.
  pause() {
    const { text, keys, length } = this;
    this.clear();
    return length >= SHORTEST ? { text, keys } : null;
  }
}

// Calls onCode(code) for a scan outside of form fields, and for one in `field` whose end does not come. In other fields
// the typing lands by itself; an end that comes to `field` is left to its form.
export function listenForScanner(onCode, win = window, field = () => null, looksWhole = () => false) {
  const buffer = new WedgeBuffer();
  const now = () => win.performance.now();
  let timer = 0;
  let taken = -Infinity; // when a pause ended a code: its Enter may still come
  let isSwallowing = false; // the space of a boarding pass would press the button that has the focus
  const after = (pause, call) => {
    win.clearTimeout(timer);
    timer = win.setTimeout(call, pause);
  };
  // A text that lost digits (German CapsLock) may look like a shorter code by chance.
  const best = (text, keys) => (looksWhole(keys) && (!looksWhole(text) || lettersIn(text) < lettersIn(keys)) ? keys : text);
  const finish = (typed) => {
    const scanned = buffer.pause();
    const text = scanned && best(typed(scanned), scanned.keys);
    if (!text || text.length < SHORTEST_WITHOUT_END) return;
    taken = now();
    onCode(text);
  };
  const waitForEnd = (typed) =>
    after(PAUSE, () => {
      if (looksWhole(best(typed(buffer), buffer.keys))) finish(typed);
      else after(LONG_PAUSE - PAUSE, () => finish(typed));
    });

  win.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (isCommand(event)) return;
    const inField = target === field();
    if (!inField && target.closest?.(FIELDS)) return;
    const typed = inField ? () => field()?.value ?? "" : ({ text }) => text;
    if (event.isComposing || event.keyCode === INPUT_METHOD) {
      buffer.take("", event.timeStamp, signOn(event)); // the text comes later, or never
      waitForEnd(typed);
      return;
    }
    win.clearTimeout(timer);
    const ends = key === "Enter" || key === "Tab";
    if (ends && !buffer.length && now() - taken < LATE_END && (!inField || !field().value)) {
      event.preventDefault();
      taken = -Infinity;
      return;
    }
    const scanned = buffer.take(key, event.timeStamp, signOn(event));
    if (!scanned) {
      if (!ends) waitForEnd(typed);
      isSwallowing = !inField && !ends && buffer.length > 1;
      if (isSwallowing) event.preventDefault();
      return;
    }
    const code = best(typed(scanned), scanned.keys);
    if (inField && key === "Enter") {
      if (code !== field().value) field().value = code; // its form sends it
      return;
    }
    event.preventDefault();
    onCode(code);
  });

  win.addEventListener("keyup", (event) => { // Firefox presses a button when the space is let go
    if (isSwallowing && event.key === " ") event.preventDefault();
  });

  // A Chinese input method holds the letters back until it is left; then they come at once.
  win.addEventListener("compositionend", (event) => {
    if (event.target !== field()) return;
    after(PAUSE, () => {
      const { keys } = buffer;
      const code = best(field().value, keys);
      if (!looksWhole(code) || (!keys && now() - taken < LATE_END)) return;
      buffer.clear();
      taken = now();
      onCode(code);
    });
  });
}
