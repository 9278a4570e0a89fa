import assert from "node:assert/strict";
import { test } from "node:test";
import { read } from "../src/manage/figures.js";

const cell = (text, dataset = {}) => ({ textContent: text, dataset });
const table = (heads, rows) => ({
  querySelectorAll: (what) => (what === "thead th" ? heads : rows.map((children) => ({ children }))),
});

test("the columns that say so become series, in their order", () => {
  const heads = [cell("Day"), cell(" Orders ", { series: "bar" }), cell("Note"), cell("Takings", { series: "line", axis: "right" })];
  const rows = [
    [cell("24 Nov"), cell("1,234", { value: "1234" }), cell("x"), cell("12.50 EUR", { value: "12.5" })],
    [cell("25 Nov", { label: "25" }), cell("7"), cell("y"), cell("–")],
  ];

  assert.deepEqual(read(table(heads, rows)), {
    labels: ["24 Nov", "25"],
    series: [
      { name: "Orders", kind: "bar", axis: "left", values: [1234, 7] },
      { name: "Takings", kind: "line", axis: "right", values: [12.5, null] },
    ],
  });
});
