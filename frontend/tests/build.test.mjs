import assert from "node:assert/strict";
import { test } from "node:test";
import { repeatDarkRules } from "../dark-by-media.mjs";
import { callsOf } from "../src/docs/openapi.js";

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
