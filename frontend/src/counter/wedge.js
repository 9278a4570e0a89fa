// USB and Bluetooth scanners type like a very fast keyboard and end with Enter or Tab. Listens on the whole page, so a
// scan is not lost because nothing has the focus; leaves form fields alone, there the typing lands by itself.
export const GAP = 50; // ms between two keys of a scanner at most; people are slower
const SHORTEST = 4;

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
}

export function listenForScanner(onCode, win = window) {
  const buffer = new WedgeBuffer();
  win.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
    const code = buffer.take(event.key, event.timeStamp);
    if (code === null) return;
    event.preventDefault();
    onCode(code);
  });
}
