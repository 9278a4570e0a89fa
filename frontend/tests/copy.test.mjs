import assert from "node:assert/strict";
import { test } from "node:test";
import { attachCopy, copy } from "../src/shop/copy.js";

const field = { value: "https://shop.example/orders/pay/D1-ab", select() { this.selected = true; } };

test("the link goes to the clipboard", async () => {
  const heard = [];
  assert.equal(await copy({ navigator: { clipboard: { writeText: async (text) => heard.push(text) } } }, field), true);
  assert.deepEqual(heard, [field.value]);
});

test("without a clipboard the field is selected and copied as browsers did before", async () => {
  const asked = [];
  const win = { navigator: {}, document: { execCommand: (name) => asked.push(name) > 0 } };
  assert.equal(await copy(win, field), true);
  assert.deepEqual([asked, field.selected], [["copy"], true]);
});

test("the button is shown by the script and says when it is done, and only then", async () => {
  let press;
  const button = { dataset: { copy: "pay-link", done: "Copied" }, hidden: true, textContent: "Copy", addEventListener: (_, act) => { press = act; } };
  const win = { navigator: {}, document: { getElementById: () => field, execCommand: () => false } };
  attachCopy(button, win);
  assert.equal(button.hidden, false);
  await press();
  assert.equal(button.textContent, "Copy");
  win.document.execCommand = () => true;
  await press();
  assert.equal(button.textContent, "Copied");
});
