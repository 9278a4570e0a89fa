// What the counter shows: the server's page in place of the old one, or, without network, the same screen made here.
const KIND = { // CLASSES.md says which class an outcome has
  look: "look", collected: "go", already_collected: "again", not_ready: "wait", not_paid: "wait", needs_check: "check",
  other_point: "check", wrong_day: "check", not_listed: "check", needs_network: "check",
};

export const fill = (words, values) => words.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

export class Screen {
  constructor(doc, words) {
    this.doc = doc;
    this.words = words;
    this.main = doc.getElementById("main");
    this.moments = new Intl.DateTimeFormat(doc.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  }

  get outcome() {
    return this.main.querySelector("[data-outcome]")?.dataset.outcome ?? null;
  }

  get title() {
    return this.main.querySelector("h1")?.textContent ?? "";
  }

  moment(value) {
    const time = new Date(value);
    return Number.isNaN(time.getTime()) ? "" : this.moments.format(time);
  }

  // Puts the server's page in place. Answers false when it is no counter page.
  showPage(html) {
    const page = new this.doc.defaultView.DOMParser().parseFromString(html, "text/html");
    const main = page.getElementById("main");
    if (!main?.querySelector("form[data-scan]")) return false;
    this.main.replaceChildren(...main.childNodes);
    this.doc.title = page.title;
    return true;
  }

  // Shows what Offline.look or Offline.handOver answered; `more` is {code, scan_id, scanned_at} of a look.
  showLocal(answer, isLook, more, address) {
    const form = this.main.querySelector("form[data-scan]");
    const canGive = isLook && answer.outcome === "collected";
    const toGive = answer.parcel?.k ? "needs_check" : "look";
    const outcome = canGive ? toGive : answer.outcome;
    const { says, more: text } = this.words.outcomes[answer.seal === "forged" ? "forged" : outcome];
    const parcel = answer.parcel;
    const values = { at: this.moment(answer.at ?? parcel?.at), from: this.moment(parcel?.f), initials: (parcel?.i ?? "").replace(/\.$/, "") };
    const section = this.make("section", { class: `answer answer--${KIND[outcome] ?? "stop"}`, "data-outcome": outcome, "aria-labelledby": "answer-title" }, [
      this.make("h1", { class: "answer__title", id: "answer-title" }, [says]),
      this.make("p", { class: "answer__text" }, [fill(text, values)]),
    ]);
    const rest = [section];
    if (canGive) rest.push(this.giveForm(answer, more, address));
    const isMinor = outcome === "needs_check" && parcel?.k?.some((check) => check.includes("minor"));
    if (isMinor) rest.push(this.make("p", { class: "alert alert-danger fs-5 mt-3" }, [this.words.minor]));
    if (parcel?.l) rest.push(this.parcel(parcel));
    this.main.replaceChildren(...(form ? [form] : []), ...rest);
    form?.querySelector("#scan-error")?.remove();
    const input = form?.querySelector(".scan-input");
    if (input) {
      input.value = "";
      input.classList.remove("is-invalid");
      input.removeAttribute("aria-invalid");
      input.setAttribute("aria-describedby", "scan-hint");
    }
    this.doc.title = says;
  }

  // The checks this parcel needs must be answered before it can be given.
  giveForm(answer, more, address) {
    const form = this.make("form", { class: "my-3", method: "post", action: address });
    for (const [name, value] of Object.entries({ csrf_token: "", ...more })) form.append(this.make("input", { type: "hidden", name, value }));
    const checks = answer.parcel.k ?? [];
    if (checks.length) {
      const legend = this.make("legend", { class: "h4" }, [this.words.before]);
      form.append(this.make("fieldset", { class: "checks mb-3" }, [legend, ...checks.map((check) => this.check(check))]));
    }
    form.append(this.make("button", { class: "btn btn-primary big-button w-100" }, [this.words.hand_over]));
    return form;
  }

  check([kind, hint]) {
    const id = `check-${kind}`;
    const words = this.words.checks[hint] ?? this.words.checks[kind] ?? kind;
    if (kind === "sealed_bag") {
      return this.make("div", { class: "py-2" }, [
        this.make("label", { class: "form-label fs-5", for: id }, [words]),
        this.make("input", {
          class: "form-control form-control-lg number", id, name: id, minlength: "4", maxlength: "40", autocomplete: "off", required: "",
        }),
      ]);
    }
    return this.make("div", { class: "form-check" }, [
      this.make("input", { class: "form-check-input", type: "checkbox", id, name: id, value: kind === "age" ? "adult" : "seen", required: "" }),
      this.make("label", { class: "form-check-label", for: id }, [words]),
    ]);
  }

  parcel({ c, i, l, slot, b }) {
    const rows = l.map(([name, quantity]) =>
      this.make("tr", {}, [this.make("td", { class: "w-100" }, [name]), this.make("td", { class: "count" }, [`× ${quantity}`])]));
    return this.make("section", { class: "mt-3", "aria-labelledby": "parcel-title" }, [
      this.make("div", { class: "d-flex flex-wrap align-items-baseline gap-3 mb-2" }, [
        this.make("h2", { class: "h3 mb-0", id: "parcel-title" }, [i]),
        this.make("span", { class: "fs-4 number" }, [`${c.slice(0, 5)}-${c.slice(5)}`]),
        ...(slot ? [this.make("span", { class: "slot" }, [slot])] : []),
      ]),
      ...(b ? [this.make("p", { class: "alert alert-warning fs-5" }, [this.words.big])] : []),
      this.make("table", { class: "table parcel", "aria-label": this.words.in_parcel }, [this.make("tbody", {}, rows)]),
    ]);
  }

  make(tag, attributes = {}, inside = []) {
    const element = this.doc.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...inside);
    return element;
  }
}
