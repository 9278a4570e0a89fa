// Whether a pickup token is genuine, without network: its Ed25519 seal (RFC 8032) against the shop's public key.
// The spelling is that of shop/pickup/codes.py; tests/pickup/token_vectors.json holds both to it.
import { CODE_LENGTH, TOKEN, TOKEN_LENGTH } from "./scan-box.js";

const ALPHABET = "0123456789ABCDEFGHJKLMNPQRSTUVWX"; // five bits each
const SEAL_BYTES = 64;
const SIGNED = TOKEN.length + CODE_LENGTH;
const keys = new Map();

// The bytes in the letters, or null: a letter that does not belong there, or bits to spare that are not 0.
export function bytesOf(letters) {
  const bytes = new Uint8Array(Math.floor((letters.length * 5) / 8));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const letter of letters) {
    const place = ALPHABET.indexOf(letter);
    if (place < 0) return null;
    held = ((held << 5) | place) & 0x1fff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[at] = held >> bits;
      at += 1;
    }
  }
  return held & ((1 << bits) - 1) ? null : bytes;
}

const fromHex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

function keyOf(publicKey, subtle) {
  if (!keys.has(publicKey)) keys.set(publicKey, subtle.importKey("raw", fromHex(publicKey), { name: "Ed25519" }, false, ["verify"]));
  return keys.get(publicKey);
}

// Answers "genuine", "forged", or "cannot_tell" where the browser has no Ed25519 (before Chromium 137, Safari 17,
// Firefox 130) or the page is no secure context: there only the list of parcels can speak for a code.
// `token` is whatIs(…).token, `publicKey` 64 hexadecimal digits.
export async function sealOf(token, publicKey, subtle = globalThis.crypto?.subtle) {
  const seal = token.length === TOKEN_LENGTH && token.startsWith(TOKEN) ? bytesOf(token.slice(SIGNED)) : null;
  if (!seal || seal.length !== SEAL_BYTES) return "forged";
  let key;
  try {
    key = await keyOf(publicKey, subtle);
  } catch {
    keys.delete(publicKey);
    return "cannot_tell";
  }
  const text = new TextEncoder().encode(token.slice(0, SIGNED));
  return (await subtle.verify({ name: "Ed25519" }, key, seal, text)) ? "genuine" : "forged";
}
