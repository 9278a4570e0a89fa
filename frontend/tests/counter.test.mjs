import assert from "node:assert/strict";
import { test } from "node:test";
import { CLASS, classOf } from "../src/counter/outcomes.js";
import { TONES } from "../src/counter/sound.js";
import { isWhole, whatIs } from "../src/counter/scan-box.js";
import { listenForScanner, PAUSE, signOn, WedgeBuffer } from "../src/counter/wedge.js";
import { randomId } from "../src/lib/ids.js";

function type(text, gap) {
  const buffer = new WedgeBuffer();
  let at = 1000;
  let code = null;
  for (const key of [...text.replace("\n", ""), text.endsWith("\n") ? "Enter" : "Tab"]) code = buffer.take(key, (at += gap));
  return code?.text ?? null;
}

test("a scanner's fast keys are a code, ended by Enter or Tab", () => {
  assert.equal(type("7KQ2M9XD\n", 4), "7KQ2M9XD");
  assert.equal(type("7KQ2M9XD", 50), "7KQ2M9XD");
});

test("a person's slow keys are none", () => {
  assert.equal(type("7KQ2M9XD\n", 120), null);
});

test("modifier keys between the letters are not part of the code", () => {
  const buffer = new WedgeBuffer();
  ["Shift", "A", "B", "Shift", "C", "D"].forEach((key, n) => buffer.take(key, 1000 + n * 5));

  assert.deepEqual(buffer.take("Enter", 1035), { text: "ABCD", keys: "" });
});

test("something shorter than any code is dropped", () => {
  assert.equal(type("AB\n", 4), null);
});

// A page without a page: its listeners are called by hand, and its clock stands still until it is turned.
function page(looksWhole = (text) => text.length === 10) {
  const heard = {};
  const field = { value: "", closest: () => field };
  const win = { performance: { now: () => win.time }, time: 1000, setTimeout: (call) => { win.due = call; return 1; }, clearTimeout: () => { win.due = null; } };
  win.addEventListener = (name, call) => { heard[name] = call; };
  const codes = [];
  listenForScanner((code) => codes.push(code), win, () => field, looksWhole);
  const press = (keys, target) => {
    for (const key of keys) {
      win.time += 5;
      const event = { key, target, timeStamp: win.time, preventDefault: () => { event.isStopped = true; } };
      heard.keydown(event);
      if (key === "Enter") return event;
      if (target === field) field.value += key;
    }
    return null;
  };
  // One key with all that a browser tells of it.
  const strike = (more, target = { closest: () => null }) => {
    win.time += 5;
    const event = { target, timeStamp: win.time, preventDefault: () => { event.isStopped = true; }, ...more };
    heard.keydown(event);
    return event;
  };
  const wait = () => { const { due } = win; win.time += PAUSE; win.due = null; due?.(); };
  return { codes, field, press, strike, wait, heard };
}

test("a scanner that sends no end is heard after a pause, a few stray keys and a person's typing are not", () => {
  const { codes, field, press, wait } = page();
  press("7KQ2M9XDAB", { closest: () => null });
  wait();
  assert.deepEqual(codes, ["7KQ2M9XDAB"]);

  press("ABC", { closest: () => null });
  wait();
  wait();
  for (const key of "7KQ2M9XDAC") {
    press(key, field);
    wait();
  }
  wait();
  assert.deepEqual(codes, ["7KQ2M9XDAB"]);
});

test("a late Enter after a code that was taken already is not a second scan", () => {
  const { codes, field, press, wait } = page();
  press("7KQ2M9XDAB", field);
  wait();
  assert.deepEqual(codes, ["7KQ2M9XDAB"]);

  field.value = "";
  assert.equal(press(["Enter"], field).isStopped, true);
});

test("a code with an Enter right after one without is a code of its own", () => {
  const { codes, press, wait } = page();
  const nowhere = { closest: () => null };
  press("7KQ2M9XDAB", nowhere);
  wait();

  press([..."7KQ2M9XDAC", "Enter"], nowhere);

  assert.deepEqual(codes, ["7KQ2M9XDAB", "7KQ2M9XDAC"]);
});

test("a scanner that stops in the middle of a code is waited for", () => {
  const { codes, field, press, wait } = page();
  press("DF17KQ2M9XDAB", field);
  wait();
  assert.deepEqual(codes, []);

  press("7KQ2M", field);
  wait();
  wait();
  assert.deepEqual(codes, ["DF17KQ2M9XDAB7KQ2M"]);
});

test("in the scan field Enter is left to the form, elsewhere the code is taken from the keys", () => {
  const { codes, field, press } = page();
  assert.equal(press([..."7KQ2M9XDAB", "Enter"], field).isStopped, undefined);
  assert.deepEqual(codes, []);

  press([..."7KQ2M9XDAB", "Enter"], { closest: () => null });
  assert.deepEqual(codes, ["7KQ2M9XDAB"]);
});

test("what a Chinese input method releases at once is taken when it is a whole code", () => {
  const { codes, field, heard, wait } = page();
  field.value = "7KQ2M";
  heard.compositionend({ target: field });
  wait();
  assert.deepEqual(codes, []);

  field.value = "7KQ2M9XDAB";
  heard.compositionend({ target: field });
  wait();
  assert.deepEqual(codes, ["7KQ2M9XDAB"]);
});

test("the sign on a US keyboard is known by its key", () => {
  const signs = [["KeyY"], ["KeyY", true], ["Digit1"], ["Digit7", true], ["Minus"], ["Slash", true], ["Numpad4"], ["Space"], ["ShiftLeft"], [undefined]];

  assert.deepEqual(signs.map(([code, shiftKey]) => signOn({ code, shiftKey })), ["y", "Y", "1", "&", "-", "?", "4", " ", "", ""]);
});

test("CapsLock on German Windows turns digits into signs, and the keys still say the code", () => {
  const { codes, strike } = page((text) => text === "7KQ2M9XDAB");
  const keys = [["/", "Digit7"], ["k", "KeyK", true], ["q", "KeyQ", true], ["\"", "Digit2"], ["m", "KeyM", true], [")", "Digit9"],
    ["x", "KeyX", true], ["d", "KeyD", true], ["a", "KeyA", true], ["b", "KeyB", true]];
  for (const [key, code, shiftKey = false] of keys) strike({ key, code, shiftKey });
  strike({ key: "Enter", code: "Enter" });

  assert.deepEqual(codes, ["7KQ2M9XDAB"]);
});

test("a label that lost its digits to CapsLock or an input method and now looks like a code is read from the keys", () => {
  const label = "DFPDTQWC5W855W";
  const looksWhole = (text) => isWhole(whatIs(text, ""));
  const press = (letter) => (/\d/.test(letter) ? { code: `Digit${letter}` } : { code: `Key${letter}`, shiftKey: true });
  assert.ok(looksWhole("dfpdtqwc%w(%%w"), "or this tests nothing");

  const caps = page(looksWhole);
  for (const letter of label) caps.strike({ key: { 5: "%", 8: "(" }[letter] ?? letter.toLowerCase(), ...press(letter) });
  caps.strike({ key: "Enter", code: "Enter" });
  assert.deepEqual(caps.codes, [label]);

  const method = page(looksWhole);
  for (const letter of label) method.strike({ key: "Process", keyCode: 229, ...press(letter) }, method.field);
  method.field.value = "DFPDTQWCWW";
  method.wait();
  assert.deepEqual(method.codes, [label]);
});

test("a sign made with AltGr belongs to the code, one with Ctrl or Alt does not", () => {
  const { codes, strike } = page();
  const altGr = { ctrlKey: true, altKey: true, getModifierState: (name) => name === "AltGraph" };
  strike({ key: "]", code: "Digit9", ...altGr });
  for (const key of "Q37KQ2M") strike({ key });
  strike({ key: "a", ctrlKey: true, getModifierState: () => false });
  strike({ key: "Enter" });

  assert.deepEqual(codes, ["]Q37KQ2M"]);
});

test("letters that a Chinese input method has taken are read from the keys, with and without Enter", () => {
  for (const hasEnter of [true, false]) {
    const { codes, field, strike, wait } = page((text) => text === "7kq2m9xdab");
    for (const letter of "7kq2m9xdab") strike({ key: "Process", keyCode: 229, code: /\d/.test(letter) ? `Digit${letter}` : `Key${letter.toUpperCase()}` }, field);
    field.value = "七"; // what it made of them
    if (hasEnter) {
      strike({ key: "Enter", code: "Enter" }, field);
      assert.equal(field.value, "7kq2m9xdab", "for the form, which the Enter sends");
    } else {
      wait();
      assert.deepEqual(codes, ["7kq2m9xdab"]);
    }
  }
});

test("the spaces and the Enter of a boarding pass do not press the button or tick the box that has the focus", () => {
  const { codes, strike, heard } = page();
  const box = { closest: (selector) => (selector.includes(":not([type=checkbox])") ? null : box) };
  const first = strike({ key: "M" }, box);
  const space = strike({ key: " " }, box);
  const up = { key: " ", preventDefault: () => { up.isStopped = true; } };
  heard.keyup(up);
  for (const key of "WANG") strike({ key }, box);
  const end = strike({ key: "Enter" }, box);

  assert.deepEqual([first, space, up, end].map((event) => event.isStopped), [undefined, true, true, true]);
  assert.deepEqual(codes, ["M WANG"]);
});

test("a person presses a button with the space bar as ever", () => {
  const { strike, wait, heard } = page();
  wait();
  const up = { key: " ", preventDefault: () => { up.isStopped = true; } };

  assert.equal(strike({ key: " " }).isStopped, undefined);
  heard.keyup(up);
  assert.equal(up.isStopped, undefined);
});

test("a scan in a field that was begun by hand is taken whole, without what stood there", () => {
  const { field, codes, strike, wait } = page((text) => text === "7kq2m9xdab");
  field.value = "abc7kq2m9xdab";
  for (const letter of "7kq2m9xdab") strike({ key: letter, code: /\d/.test(letter) ? `Digit${letter}` : `Key${letter.toUpperCase()}` }, field);
  wait();

  assert.deepEqual(codes, ["7kq2m9xdab"]);
});

test("every class of answers has a sound of its own that can be told from the others by ear", () => {
  const melody = (tones) => tones.map(([frequency, start], n) => [frequency, n ? Math.round((start - tones[n - 1][1]) * 100) : 0]).join();
  const classes = new Set([...Object.values(CLASS), classOf("made_up")]);

  assert.deepEqual([...classes].sort(), Object.keys(TONES).sort());
  assert.equal(new Set(Object.values(TONES).map(melody)).size, 6);
  for (const [name, tones] of Object.entries(TONES)) {
    for (const [other, others] of Object.entries(TONES)) {
      // Another number of tones, or, of as many, each a third away at least (a minor third is 6:5), or another direction.
      const way = (all) => Math.sign(all[all.length - 1][0] - all[0][0]);
      const isApart = tones.length !== others.length || way(tones) !== way(others) || tones.every(([f], n) => Math.max(f, others[n][0]) / Math.min(f, others[n][0]) >= 1.2);
      assert.ok(name === other || isApart, `${name} sounds like ${other}`);
    }
  }
});

test("only a hand-over sounds good, and what nobody knows sounds like stop", () => {
  assert.deepEqual(Object.entries(CLASS).filter(([, name]) => name === "go").map(([outcome]) => outcome), ["collected", "ok"]);
  assert.deepEqual(["taken_back", "made_up"].map(classOf), ["stop", "stop"]);
  assert.equal(classOf("several"), "check");
});

test("on the packing pages a product's number and a label are whole without Enter, and take the place of what was begun", () => {
  const looksWhole = (text) => isWhole(whatIs(text, ""));
  for (const text of ["4006381333931", "96385074", "DFPD7KQ2M9XDAX", "D7KQ2M9XDA"]) {
    const { field, codes, strike, wait } = page(looksWhole);
    field.value = `40${text}`;
    for (const letter of text) strike({ key: letter, code: /\d/.test(letter) ? `Digit${letter}` : `Key${letter}`, shiftKey: /[A-Z]/.test(letter) }, field);
    wait();
    assert.deepEqual(codes, [text]);
  }
  assert.equal(looksWhole("4006381333932"), false);
});

test("an id is a version 4 UUID with or without randomUUID", () => {
  const old = { getRandomValues: (bytes) => bytes.fill(255) };

  assert.equal(randomId(old), "ffffffff-ffff-4fff-bfff-ffffffffffff");
  assert.match(randomId(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
