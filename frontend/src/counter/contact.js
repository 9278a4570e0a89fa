// The contacts with the server: whether it answers, sending what waits, and the list of parcels. Without a store (a private
// window) only whether it answers. `offline` is Offline or null, `reach` asks as line.js does.
const WITH_LINE = 60_000; // ms between two contacts; parcels come and go
const WITHOUT_LIST = 20_000; // while the server answers and its list does not come through
const WITHOUT = 4_000;

export class Contact {
  constructor(reach, { isOnline, changed, signedOut, win = globalThis }) {
    Object.assign(this, { reach, isOnline, changed, signedOut, win });
    this.offline = null;
    this.csrf = "";
    this.hasList = true;
    this.timer = 0;
    this.making = null;
  }

  // A scan got no answer.
  lost() {
    this.isOnline = false;
    this.plan();
  }

  plan() {
    const wait = this.isOnline ? (this.hasList ? WITH_LINE : WITHOUT_LIST) : WITHOUT;
    this.win.clearTimeout(this.timer);
    this.timer = this.win.setTimeout(() => this.make(), wait);
  }

  // The token for forms, asked anew: the session may be another one since.
  async open() {
    const { kind, csrf } = await this.reach();
    if (kind === "open") {
      this.csrf = csrf;
      if (this.offline) this.offline.csrf = csrf;
    }
    return kind;
  }

  // One at a time: whoever asks meanwhile waits for the same.
  make() {
    this.making = this.making ?? this.run().finally(() => {
      this.making = null;
      this.plan();
    });
    return this.making;
  }

  async run() {
    if ((await this.once()) === "signed_out") await this.signedOut();
    else await this.changed();
  }

  async once() {
    await this.offline?.forgetWhenOld();
    const said = await this.open();
    this.isOnline = said === "open";
    if (!this.isOnline || !this.offline) return said;
    await this.changed();
    const sent = await this.offline.send();
    if (sent !== "sent") {
      this.isOnline = false;
      return sent;
    }
    // A list that is slow, or does not come, is no reason to stop scanning with the server.
    const listed = await this.offline.refresh();
    this.hasList = listed === "fresh";
    return listed;
  }
}
