import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { bytesOf, sealOf } from "../src/counter/token.js";

const vectors = JSON.parse(readFileSync(new URL("../../tests/pickup/token_vectors.json", import.meta.url), "utf8"));
const [{ token }] = vectors.tokens;

for (const { token: each, seal } of vectors.tokens) {
  test(`a token is worth what its seal is: ${each.slice(3, 18)}… ${seal}`, async () => {
    assert.equal(await sealOf(each, vectors.public_key), seal);
  });
}

test("with another shop's key every token is forged", async () => {
  const { publicKey } = await crypto.subtle.generateKey({ name: "Ed25519" }, true, ["sign", "verify"]);
  const other = Buffer.from(await crypto.subtle.exportKey("raw", publicKey)).toString("hex");

  assert.equal(await sealOf(token, other), "forged");
});

test("what is no token at all is forged", async () => {
  for (const text of ["", "DF1", token.slice(1), `${token}0`, `X${token.slice(1)}`]) {
    assert.equal(await sealOf(text, vectors.public_key), "forged");
  }
});

test("a browser that cannot tell says so and calls nothing genuine", async () => {
  const old = { importKey: () => Promise.reject(new DOMException("Unrecognized name.", "NotSupportedError")) };

  assert.equal(await sealOf(token, "00".repeat(32), old), "cannot_tell");
  assert.equal(await sealOf(token, "11".repeat(32), null), "cannot_tell");
  assert.equal(await sealOf(token, vectors.public_key), "genuine", "and one that can is not held to it");
});

test("a seal has one spelling", () => {
  const letters = token.slice(13);
  const same = [..."0123456789ABCDEFGHJKLMNPQRSTUVWX"].filter((last) => bytesOf(letters.slice(0, -1) + last));

  assert.equal(bytesOf(letters).length, 64);
  assert.equal(same.length, 4, "the last letter has two bits of the seal, the other three must be 0");
  assert.equal(bytesOf(`${letters.slice(0, -1)}Y`), null);
});
