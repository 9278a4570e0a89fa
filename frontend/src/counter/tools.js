// The row of tools above the scan box: camera, light, sound, the line to the server, and what the server refused.
import { Camera, troubleOf } from "./camera.js";
import { fill } from "./screen.js";
import * as sound from "./sound.js";

const CAMERA = "counter-camera"; // "on" while it is wanted, so that it comes back with the next page
const WHICH = "counter-camera-which"; // the id of the one that was chosen last

export class Tools {
  constructor(element, screen, onCode, win = window) {
    Object.assign(this, { element, screen, win, words: screen.words });
    this.find = (name) => element.querySelector(`[data-tool=${name}]`);
    this.camera = new Camera(element.querySelector("video"), onCode, () => this.ended(), win);
    element.hidden = false;
    this.sounds();
    if (win.navigator.mediaDevices?.getUserMedia) this.cameras();
  }

  sounds() {
    const button = this.find("sound");
    const show = () => button.setAttribute("aria-pressed", String(sound.isOn(this.win)));
    button.addEventListener("click", () => {
      sound.turn(!sound.isOn(this.win), this.win);
      show();
      sound.play("ok", this.win);
    });
    show();
  }

  cameras() {
    const button = this.find("camera");
    const [choice, torch] = [this.find("choice"), this.find("torch")];
    const { localStorage } = this.win;
    button.hidden = false;
    button.addEventListener("click", () => {
      localStorage.setItem(CAMERA, this.camera.isOn ? "off" : "on");
      if (this.camera.isOn) this.close();
      else this.open();
    });
    choice.addEventListener("change", () => {
      localStorage.setItem(WHICH, choice.value);
      this.open();
    });
    torch.addEventListener("click", async () => {
      const isLit = await this.camera.light(torch.getAttribute("aria-pressed") !== "true");
      torch.setAttribute("aria-pressed", String(isLit));
    });
    // A camera that nobody looks through is switched off; it comes back with the page.
    this.screen.doc.addEventListener("visibilitychange", () => {
      if (this.screen.doc.hidden) this.close();
      else this.reopen();
    });
    this.reopen();
  }

  reopen() {
    if (this.win.localStorage.getItem(CAMERA) === "on" && !this.screen.doc.hidden) this.open();
  }

  async open() {
    const opening = (this.opening = {}); // the last one counts
    this.find("view").hidden = false;
    this.say("");
    try {
      await this.camera.start(this.win.localStorage.getItem(WHICH) ?? "");
    } catch (fault) {
      if (opening !== this.opening) return;
      this.close();
      this.say(this.words[`camera_${troubleOf(fault)}`] ?? this.words.no_camera);
      return;
    }
    if (opening !== this.opening || !this.camera.isOn) return;
    this.find("camera").setAttribute("aria-pressed", "true");
    this.find("torch").hidden = !this.camera.hasTorch;
    this.find("torch").setAttribute("aria-pressed", "false");
    const choices = await this.camera.choices();
    const choice = this.find("choice");
    choice.hidden = choices.length < 2;
    choice.replaceChildren(...choices.map(({ id, label, isUsed }, n) => {
      const option = this.screen.make("option", { value: id }, [label || String(n + 1)]);
      option.selected = isUsed;
      return option;
    }));
  }

  ended() {
    this.close();
    this.say(this.words.camera_gone);
  }

  close() {
    this.opening = null;
    this.camera.stop();
    this.find("view").hidden = true;
    this.find("camera").setAttribute("aria-pressed", "false");
    this.find("torch").hidden = true;
    this.find("choice").hidden = true;
  }

  // For screen readers what sighted staff see in colour, and for all what has no other place.
  announce(words) {
    this.find("said").textContent = words;
  }

  say(words) {
    const note = this.find("note");
    note.textContent = words;
    note.hidden = !words;
  }

  showLine(isOnline, waiting, contact) {
    const line = this.find("line");
    const words = isOnline ? this.words.online : fill(this.words.offline, { at: contact ? this.screen.moment(contact) : "–" });
    line.textContent = words + (waiting ? ` · ${fill(this.words.waiting, { n: waiting })}` : "");
    line.className = `badge fs-6 text-wrap ${isOnline && !waiting ? "text-bg-success" : "text-bg-warning"}`;
    Object.assign(this.element.dataset, { online: String(isOnline), waiting: String(waiting) });
  }

  showRefused(refused, onRead) {
    const box = this.find("refused");
    box.hidden = !refused.length;
    if (!refused.length) return;
    const lines = refused.map(({ code, scanned_at, outcome, at, by }) => {
      const says = this.words.outcomes[outcome]?.says ?? this.words.outcomes.unknown.says;
      const where = [at && this.screen.moment(at), by].filter(Boolean).join(", ");
      return this.screen.make("li", {}, [`${code}, ${this.screen.moment(scanned_at)}: ${says}${where ? ` (${where})` : ""}`]);
    });
    const read = this.screen.make("button", { type: "button", class: "btn btn-outline-danger btn-lg" }, [this.words.read]);
    read.addEventListener("click", onRead);
    box.replaceChildren(
      this.screen.make("p", { class: "fw-bold mb-1" }, [this.words.refused]),
      this.screen.make("ul", {}, lines),
      read,
    );
  }
}
