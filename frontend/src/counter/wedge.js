// USB and Bluetooth scanners type like a very fast keyboard. Most end with Enter or Tab; for those that do not, a pause
// ends the code. Listens on the whole page, so a scan is not lost because nothing has the focus.
export const GAP = 50; // ms between two keys of a scanner at most; people are slower
export const PAUSE = 200; // ms of silence that end a whole code without Enter,
export const LONG_PAUSE = 1200; // and anything else: a busy scanner may stop for a moment in the middle
const SHORTEST = 4;
const SHORTEST_WITHOUT_END = 8; // nothing that fits a counter is shorter
const LATE_END = 1500; // ms; an Enter of a slow scanner after its code was taken already

export class WedgeBuffer {
  constructor() {
    this.text = "";
    this.at = -Infinity;
  }

  // Takes one key; answers the finished code, or null.
  take(key, at) {
    if (at - this.at > GAP) this.text = "";
    this.at = at;
    if (key === "Enter" || key === "Tab") {
      const code = this.text;
      this.text = "";
      return code.length >= SHORTEST ? code : null;
    }
    if (key.length === 1) this.text += key; // "Shift" and the like are longer
    return null;
  }

  // After a pause: whether the last keys were a scanner's. Begins anew.
  pause() {
    const { length } = this.text;
    this.text = "";
    return length >= SHORTEST;
  }
}

// Calls onCode(code) for a scan outside of form fields, and for one in `field` whose end does not come. In other fields
// the typing lands by itself; an end that comes to `field` is left to its form.
export function listenForScanner(onCode, win = window, field = () => null, looksWhole = () => false) {
  const buffer = new WedgeBuffer();
  let timer = 0;
  let taken = -Infinity; // when a pause ended a code: its Enter may still come
  const after = (pause, call) => {
    win.clearTimeout(timer);
    timer = win.setTimeout(call, pause);
  };
  const finish = (text) => {
    if (!buffer.pause() || text.length < SHORTEST_WITHOUT_END) return;
    taken = win.performance.now();
    onCode(text);
  };
  const waitForEnd = (textOf) =>
    after(PAUSE, () => {
      if (looksWhole(textOf())) finish(textOf());
      else after(LONG_PAUSE - PAUSE, () => finish(textOf()));
    });

  win.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    const inField = target === field();
    if (!inField && target.closest?.("input, textarea, select, [contenteditable]")) return;
    win.clearTimeout(timer);
    const ends = key === "Enter" || key === "Tab";
    if (ends && win.performance.now() - taken < LATE_END && (!inField || !field().value)) {
      event.preventDefault();
      taken = -Infinity;
      return;
    }
    const code = buffer.take(key, event.timeStamp);
    if (code !== null && !(inField && key === "Enter")) {
      event.preventDefault();
      onCode(inField ? field().value : code);
    } else if (!ends) waitForEnd(() => (inField ? field().value : buffer.text));
  });

  // A Chinese input method holds the letters back until it is left; then they come at once.
  win.addEventListener("compositionend", (event) => {
    if (event.target !== field()) return;
    after(PAUSE, () => {
      if (looksWhole(field().value)) onCode(field().value);
    });
  });
}
