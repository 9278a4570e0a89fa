import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { repeatDarkRules } from "../dark-by-media.mjs";
import { sprite } from "../sprite.mjs";
import { callsOf } from "../src/docs/openapi.js";

const PEN = 'fill="none" stroke="#000" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"';

test("icons become one file of symbols in the colour of the words; another pen is refused", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "icons-"));
  const draw = (name, pen) => writeFileSync(path.join(folder, name), `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" ${pen}><path d="M1 1"/></svg>\n`);
  try {
    draw("b.svg", PEN);
    draw("a.svg", PEN);

    assert.deepEqual(sprite(folder).match(/<symbol id="\w+"/g), ['<symbol id="a"', '<symbol id="b"']);
    assert.match(sprite(folder), /stroke="currentColor"/);
    draw("c.svg", PEN.replace("1.8", "2"));
    assert.throws(() => sprite(folder), /c\.svg/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a dark rule is repeated for devices that are dark", () => {
  const { text, found } = repeatDarkRules("a {b: c}\n[data-bs-theme=dark] .x {color: red}");

  assert.equal(found, 1);
  assert.match(text, /@media \(prefers-color-scheme: dark\) \{:root:not\(\[data-bs-theme=light\]\) \.x \{color: red\}\}/);
});

test("an API description becomes calls with their fields, references followed", () => {
  const api = {
    servers: [{ url: "/api/v1" }],
    paths: {
      "/orders/{number}": {
        parameters: [{ name: "number", in: "path", required: true, schema: { type: "string" } }],
        get: { tags: ["orders"], responses: { 200: { description: "OK", content: { "application/json": { schema: { $ref: "#/components/schemas/Order" } } } } } },
      },
    },
    components: { schemas: { Order: { type: "object", required: ["number"], properties: { number: { type: "string" }, lines: { type: "array", items: { type: "integer" } } } } } },
  };

  const [call] = callsOf(api);

  assert.equal(`${call.method} ${call.path}`, "GET /api/v1/orders/{number}");
  assert.deepEqual(call.parameters, [{ name: "number (path)", type: "string", required: true, text: "" }]);
  assert.deepEqual(call.answers[0].fields, [
    { name: "number", type: "string", required: true, text: "" },
    { name: "lines", type: "array of integer", required: false, text: "" },
  ]);
});
