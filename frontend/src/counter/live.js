// A counter page that stays: scans are asked of the server without leaving the page, and answered here when it is away.
import { randomId } from "../lib/ids.js";
import { Contact } from "./contact.js";
import { ask, reach } from "./line.js";
import { dayOf, Offline } from "./offline.js";
import { whatIs } from "./scan-box.js";
import { Screen } from "./screen.js";
import { play } from "./sound.js";
import { openStore } from "./store.js";
import { Tools } from "./tools.js";
import { listenForScanner } from "./wedge.js";

// The answers of staff in a form: `check-age` and so on, and of an identity the fields that this point keeps.
function checksIn(values) {
  const named = (prefix) => Object.fromEntries(
    Object.entries(values).filter(([name, value]) => name.startsWith(prefix) && value).map(([name, value]) => [name.slice(prefix.length), value]),
  );
  const [checks, identity] = [named("check-"), named("identity-")];
  return checks.identity && Object.keys(identity).length ? { ...checks, identity } : checks;
}

// What a boarding pass said, while there was a network, that led to the parcel on the screen.
function withPass(checks, values) {
  const said = Object.entries(values).filter(([name]) => name.startsWith("pass-")).map(([name, value]) => [name.slice(5), value]);
  if (!said.length) return checks;
  return { ...checks, boarding_pass: { ...Object.fromEntries(said), confirmed: checks.boarding_pass === "seen" } };
}

export class Live {
  constructor(element, win = window) {
    const { look, scan, signOut, signIn, manifest, scans } = element.dataset;
    Object.assign(this, { element, win, doc: win.document, at: { look, scan, signOut, signIn, manifest, scans } });
    this.line = new Contact(() => reach(this.at.manifest), {
      isOnline: !("shell" in element.dataset), changed: () => this.showLine(), signedOut: () => this.signedOut(), win,
    });
    this.wasOnline = true;
    this.began = 0;
    this.next = null; // a scan that came while another was asked
    this.doc.addEventListener("submit", (event) => this.submitted(event));
    listenForScanner((text) => this.scanned(text), win, () => this.input, (text) => whatIs(text, dayOf(new Date())).kind !== "not_known");
    this.settle();
  }

  get offline() {
    return this.line.offline;
  }

  get isOnline() {
    return this.line.isOnline;
  }

  get input() {
    return this.doc.querySelector("form[data-scan] .scan-input");
  }

  // `words` are those of templates/counter/words.html.
  async start(words) {
    this.screen = new Screen(this.doc, words);
    this.tools = new Tools(this.element, this.screen, (text, began) => this.scanned(text, began), this.win);
    try {
      this.line.offline = new Offline(await openStore(), ask, { addresses: this.at });
      await this.offline.forgetWhenOld();
    } catch { // a private window, or no room: the page works with the network only
      this.line.offline = null;
    }
    await this.showLine();
    this.win.addEventListener("online", () => this.line.make());
    this.doc.addEventListener("visibilitychange", () => !this.doc.hidden && this.line.make());
    await this.line.make();
  }

  scanned(text, began = this.win.performance.now()) {
    const form = this.doc.querySelector("form[data-scan]");
    if (!form) return;
    if (this.busy) {
      this.next = text;
      return;
    }
    this.began = began;
    this.input.value = text;
    if (form.requestSubmit) form.requestSubmit();
    else if (form.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }))) form.submit();
  }

  submitted(event) {
    const form = event.target;
    const { pathname } = new URL(form.action, this.win.location.href);
    if (pathname === this.at.signOut && this.offline) {
      event.preventDefault();
      this.leave(form);
    }
    if (!this.screen || (pathname !== this.at.look && pathname !== this.at.scan)) return;
    event.preventDefault();
    if (!this.busy) this.busy = this.answer(form, pathname).finally(() => this.ready());
    else if (form.hasAttribute("data-scan")) this.next = this.input.value;
  }

  ready() {
    this.busy = null;
    const { next } = this;
    this.next = null;
    if (next !== null) this.scanned(next);
  }

  async answer(form, pathname) {
    const isLook = pathname === this.at.look;
    const began = this.began || this.win.performance.now();
    this.began = 0;
    const values = Object.fromEntries(new this.win.FormData(form));
    if (isLook) {
      values.scanned_at = new Date().toISOString(); // this device's clock; the server has one of its own
      values.scan_id ||= randomId();
      for (const input of form.querySelectorAll("input[name=scan_id]")) input.value = randomId(); // this form may stay: its next scan is another
    }
    const said = this.isOnline ? await this.post(pathname, values) : { kind: "no_network" };
    if (said.kind === "signed_out") return this.signedOut();
    // A server that is broken, or a guest network's own page, is as good as none.
    if (said.kind === "no_network" || !this.screen.showPage(said.text)) {
      if (this.isOnline) this.line.lost();
      await this.answerHere(values, isLook);
    } else if (!isLook && this.screen.outcome === "collected") {
      this.offline?.handedOver(values.code).catch(() => {});
    }
    this.settle();
    if (this.screen.outcome) play(this.screen.outcome, this.win);
    this.tools.announce(this.screen.title);
    this.screen.main.dataset.took = String(Math.round(this.win.performance.now() - began));
    this.showLine();
    if (!isLook) this.coming?.();
    return null;
  }

  async post(address, values, again = true) {
    const body = new URLSearchParams(values);
    if (this.line.csrf) body.set("csrf_token", this.line.csrf);
    const said = await ask(address, { method: "POST", body });
    if (said.status !== 403 || !again) return said;
    const kind = await this.line.open(); // the session is another one since: its token is fetched once
    return kind === "open" ? this.post(address, values, false) : { kind };
  }

  async answerHere(values, isLook) {
    const { code, scan_id, scanned_at } = values;
    const nothing = { outcome: "needs_network", parcel: null, seal: null };
    if (isLook) {
      const answer = this.offline ? await this.offline.look(code) : nothing;
      await this.offline?.refused({ scan_id, scanned_at }, answer);
      this.screen.showLocal(answer, true, { code, scan_id: "", scanned_at }, this.at);
    } else {
      const isPart = Object.keys(values).some((name) => name.startsWith("give-")); // what it costs only the server knows
      const scan = { code, scan_id, scanned_at, checks: withPass(checksIn(values), values) };
      const answer = this.offline && !isPart ? await this.offline.handOver(scan) : nothing;
      this.screen.showLocal(answer, false);
    }
  }

  // After every change of the page: ids for its forms, and the scan box ready for typing.
  settle() {
    for (const input of this.doc.querySelectorAll("input[name=scan_id]")) input.value ||= randomId();
    // A touch screen would open its keyboard over the answer.
    const isTouch = this.win.matchMedia("(pointer: coarse)").matches;
    if (!isTouch) this.input?.focus({ preventScroll: true });
    this.doc.querySelector("#main .answer")?.scrollIntoView({ block: isTouch ? "start" : "nearest" });
  }

  // --- the line to the server ---

  async showLine() {
    if (this.wasOnline !== this.isOnline) this.coming?.();
    this.wasOnline = this.isOnline;
    const { store } = this.offline ?? {};
    const waiting = store ? await store.countWaiting() : 0;
    this.tools.showLine(this.isOnline, waiting, store && (await store.fact("contact")));
    this.tools.showRefused(store ? await store.refused() : [], () => store.dismiss().then(() => this.showLine()));
  }

  // The list of travellers on the way as this browser knows it; null when the server is to be asked, or nothing is known.
  async comingHere() {
    if (this.isOnline || !this.offline || !this.screen) return null;
    return this.screen.coming(await this.offline.coming(), this.at.look);
  }

  async signedOut() {
    await this.offline?.store.forget();
    this.win.location.assign(this.at.signIn);
  }

  // Nobody signs out while goods that were given are not written down.
  async leave(form) {
    await this.line.make();
    if (await this.offline.store.countWaiting()) {
      this.tools.say(this.screen.words.still_waiting);
      return;
    }
    await this.offline.store.forget();
    form.submit();
  }
}
