// What the counter shows: the server's page in place of the old one, or, without network, the same screen made here.
import { SERIAL } from "./checks.js";
import { classOf } from "./outcomes.js";
import { labelText } from "./scan-box.js";

const CHOICE = { class: "w-100 gap-3 py-2 fs-5", slot: "fs-4" };
const COMING = { class: "coming__button gap-2", slot: "fs-5" };

export const fill = (words, values) => words.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

const inGroups = (number) => `${number.slice(0, 5)} ${number.slice(5)}`; // as the label prints it

export class Screen {
  constructor(doc, words) {
    this.doc = doc;
    this.words = words;
    this.main = doc.getElementById("main");
    this.clock = new Intl.DateTimeFormat(doc.documentElement.lang, { timeStyle: "short" });
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

  // Shows what Offline.look or Offline.handOver answered; `more` is {code, scan_id, scanned_at} of a look, `at` the addresses
  // {look, scan} that its forms are sent to.
  showLocal(answer, isLook, more, at) {
    const form = this.main.querySelector("form[data-scan]");
    const canGive = isLook && answer.outcome === "collected";
    const toGive = answer.parcel?.k ? "needs_check" : "look";
    const outcome = canGive ? toGive : answer.outcome;
    const isFound = answer.found && outcome === "needs_check"; // by its label or a boarding pass: the code is still to come
    const special = (answer.seal === "forged" && "forged") || (isFound && "found");
    const { says, more: text } = this.words.outcomes[special || outcome];
    const parcel = answer.parcel;
    const values = { at: this.moment(answer.at ?? parcel?.at), from: this.moment(parcel?.f), initials: (parcel?.i ?? "").replace(/\.$/, "") };
    const section = this.make("section", { class: `answer answer--${classOf(outcome)}`, "data-outcome": outcome, "aria-labelledby": "answer-title" }, [
      this.make("h1", { class: "answer__title", id: "answer-title" }, [says]),
      this.make("p", { class: "answer__text" }, [fill(text, values)]),
    ]);
    const rest = [section];
    if (canGive) rest.push(this.giveForm(answer, more, at.scan));
    if (outcome === "several") rest.push(this.choice(answer.parcels, at.look));
    const isMinor = outcome === "needs_check" && parcel?.k?.some((check) => check.includes("minor"));
    if (isMinor) rest.push(this.make("p", { class: "alert alert-danger fs-5 mt-3" }, [this.words.minor]));
    if (parcel?.l) rest.push(this.parcel(parcel, answer.found));
    this.main.replaceChildren(...(form ? [form] : []), ...rest);
    form?.querySelector("#scan-error")?.remove();
    form?.querySelector("input[name=beside]")?.remove();
    const scanId = form?.querySelector("input[name=scan_id]");
    if (scanId) scanId.value = ""; // the next scan is another one
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

  check([kind, ...hints]) {
    const [hint] = hints;
    const id = `check-${kind}`;
    const words = (kind === "age" && this.words.checks[hint]) || this.words.checks[kind] || kind;
    if (kind === "sealed_bag") {
      return this.make("div", { class: "py-2" }, [
        this.make("label", { class: "form-label fs-5", for: id }, [words]),
        this.make("input", {
          class: "form-control form-control-lg number", id, name: id, minlength: "4", maxlength: "40", pattern: SERIAL, title: this.words.serial,
          autocomplete: "off", autocapitalize: "characters", spellcheck: "false", required: "",
        }),
      ]);
    }
    const ticked = this.make("div", { class: "form-check" }, [
      this.make("input", { class: "form-check-input", type: "checkbox", id, name: id, value: kind === "age" ? "adult" : "seen", required: "" }),
      this.make("label", { class: "form-check-label", for: id }, [words]),
    ]);
    return kind === "identity" ? this.make("div", {}, [ticked, ...hints.map((field) => this.identityField(field))]) : ticked;
  }

  // What staff write down from a passport, because this point keeps it; shop/pickup/checks.py says what it can be.
  identityField(field) {
    const id = `identity-${field}`;
    const isNumber = field === "document_number";
    const must = isNumber ? { pattern: "[A-Za-z0-9 \\-]{5,20}", minlength: "5", maxlength: "20" } : { minlength: "2", maxlength: "60" };
    return this.make("div", { class: "py-2" }, [
      this.make("label", { class: "form-label fs-5", for: id }, [this.words.identity[field]]),
      this.make("input", {
        class: "form-control form-control-lg number", id, name: id, autocomplete: "off", autocapitalize: "characters", required: "", ...must,
      }),
    ]);
  }

  // One button for each: its label leads to it.
  choice(parcels, address) {
    return this.make("ul", { class: "list-unstyled d-grid gap-2 my-3" }, parcels.map((one) => this.toLook(one, address, CHOICE)));
  }

  toLook({ n, i, slot }, address, { class: more, slot: size }, where = "") {
    const form = this.make("form", { method: "post", action: address });
    for (const [name, value] of Object.entries({ csrf_token: "", scan_id: "", code: labelText(n) })) form.append(this.make("input", { type: "hidden", name, value }));
    form.append(this.make("button", { class: `btn btn-outline-primary text-start d-flex flex-wrap align-items-center ${more}`, "data-number": n }, [
      ...(slot ? [this.make("span", { class: `slot ${size}` }, [slot])] : []),
      this.make("strong", {}, [i]),
      this.make("span", { class: "number" }, [inGroups(n)]),
      ...(where ? [this.make("span", { class: "small" }, [where])] : []),
    ]));
    return this.make("li", {}, [form]);
  }

  // Whose travellers were on the way when there was a network last: the macro coming_of of templates/counter/_parts.html.
  coming(parcels, address) {
    if (!parcels.length) return [];
    const buttons = parcels.map((one) => this.toLook(one, address, COMING, fill(this.words.since, { at: this.clock.format(new Date(one.w)) })));
    return [this.make("section", { class: "coming container-lg", "aria-labelledby": "coming-title" }, [
      this.make("h2", { class: "coming__title", id: "coming-title" }, [this.words.coming]),
      this.make("ul", { class: "coming__list list-unstyled" }, buttons),
    ])];
  }

  // The code of a parcel that was only found stays hidden: the traveller has to show it.
  parcel({ c, n, i, l, slot, b }, isFound) {
    const rows = l.map(([name, quantity]) =>
      this.make("tr", {}, [this.make("td", { class: "w-100" }, [name]), this.make("td", { class: "count" }, [`× ${quantity}`])]));
    return this.make("section", { class: "mt-3", "aria-labelledby": "parcel-title" }, [
      this.make("div", { class: "d-flex flex-wrap align-items-baseline gap-3 mb-2" }, [
        this.make("h2", { class: "h3 mb-0", id: "parcel-title" }, [i]),
        this.make("span", { class: "fs-4 number" }, [isFound ? inGroups(n) : `${c.slice(0, 5)}-${c.slice(5)}`]),
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
