// Shows the JSON API from its own openapi.json: no foreign host, no inline style, nothing but the description.
import { callsOf } from "./docs/openapi.js";

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children.filter((child) => child !== null));
  return element;
}

const cell = (tag, content) => make(tag, {}, content);

function table(title, rows) {
  if (!rows.length) return null;
  const lines = rows.map(({ name, type, required, text }) =>
    make("tr", {}, cell("td", make("code", { textContent: name + (required ? " *" : "") })), cell("td", type), cell("td", text)));
  return make("div", {}, make("h3", { textContent: title }), make("table", {}, make("tbody", {}, ...lines)));
}

function call({ method, path, summary, text, parameters, body, answers }) {
  const heading = make("summary", {}, make("span", { className: "method", textContent: method }), make("span", { className: "path", textContent: path }),
    make("span", { className: "quiet", textContent: summary ? ` ${summary}` : "" }));
  const inside = make("div", {}, text ? make("p", { textContent: text }) : null, table("Parameters", parameters), table("Body", body),
    ...answers.map(({ status, text: words, type, fields }) => make("div", {},
      make("h3", { textContent: `${status} ${words}` }), type ? make("p", { className: "quiet", textContent: type }) : null, table("Fields", fields))));
  return make("details", { className: "call" }, heading, inside);
}

async function show(main) {
  const response = await fetch(main.dataset.openapi, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const api = await response.json();
  const calls = callsOf(api);
  const groups = [...new Set(calls.map(({ group }) => group))];
  main.replaceChildren(
    make("h1", { textContent: `${api.info?.title ?? "API"} ${api.info?.version ?? ""}` }),
    make("p", { textContent: api.info?.description ?? "" }),
    make("p", {}, make("a", { href: main.dataset.openapi, textContent: "openapi.json" })),
    ...groups.flatMap((group) => [
      group ? make("h2", { textContent: group }) : null,
      ...calls.filter((one) => one.group === group).map(call),
    ]).filter(Boolean));
}

const main = document.querySelector("main[data-openapi]");
if (main) show(main).catch((error) => main.replaceChildren(make("p", { textContent: `${main.dataset.error ?? "Not available"}: ${error.message}` })));
