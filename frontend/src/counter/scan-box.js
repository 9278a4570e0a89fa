// What the scan box was given: a pickup code or its picture, a parcel's label, a boarding pass, or none of these.
// The same rules as shop/pickup/scan_box.py, where the reasons stand; tests/pickup/scan_cases.json holds both to them.
import { LONGEST, readBoardingPass } from "./boarding-pass.js";

export const LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWX";
export const TOKEN = "DF1";
export const TOKEN_LENGTH = 116;
export const CODE_LENGTH = 10;
const LABEL = "DFP";
const LABEL_LENGTH = 14;
const NUMBER = new RegExp(`^D[${LETTERS}]{9}$`);
const CODE = new RegExp(`^[${LETTERS}]{${CODE_LENGTH}}$`);
const NOT_TEXT = /[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060\u2400-\u2426\ufeff\ufffd]+/g;
// A symbology's name before or after the text (ISO/IEC 15424); `]` is `+` on a German layout.
const AIM_BEFORE = /^ *[\]+][A-Za-z][0-9A-Za-z]/;
const AIM_AFTER = /[\]+][A-Za-z][0-9A-Za-z] *$/;
const CHINESE = tableOf("、》《。】【\u3000\u2019\u2018", "/><.][ ''");
const GERMAN = tableOf("yzYZ-_:;&/(ßäÄöÖüÜ+*", "zyZY/?><^&*-'\";:[{]}");
const PASS_BEGINS = /^[Mm][1-4][A-Za-z][A-Za-z0-9 /.'ä-]{12}/;

function tableOf(from, to) {
  return new Map([...from].map((sign, n) => [sign, to[n]]));
}

const turned = (text, table) => Array.from(text, (sign) => table.get(sign) ?? sign).join("");
const halfWidth = (text) => text.replace(/[\uff01-\uff5e]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0));

// Answers {kind, …}: "pickup_token" with code and token (verify it with token.js), "pickup_code" with code,
// "parcel_label" with orderNumber, "boarding_pass" with boardingPass, or "not_known" with hint. Never throws.
export function whatIs(text, today) {
  const raw = String(text ?? "").slice(0, LONGEST).replace(NOT_TEXT, "");
  const clean = turned(halfWidth(raw), CHINESE).replace(AIM_BEFORE, "").replace(AIM_AFTER, "");
  const letters = clean.replace(/[^0-9A-Za-z]+/g, "").toUpperCase();
  const half = letters.slice(0, Math.floor(letters.length / 2));
  const found = ours(letters) ?? (half && half + half === letters ? ours(half) : null); // no Enter between two reads
  if (found) return found;
  const boardingPass = readBoardingPass(clean, today) ?? readBoardingPass(turned(clean, GERMAN), today);
  return boardingPass ? { kind: "boarding_pass", boardingPass } : { kind: "not_known", hint: hintOf(clean, letters) };
}

// Whether nothing is missing of a scan on the packing pages, where a product is one too.
export const isWhole = ({ kind, hint }) => kind !== "not_known" || hint === "article";

function ours(letters) {
  if (letters.length === LABEL_LENGTH && letters.startsWith(LABEL)) {
    const orderNumber = letters.slice(LABEL.length, -1);
    const fits = NUMBER.test(orderNumber) && checkLetter(orderNumber) === letters[LABEL_LENGTH - 1];
    return fits ? { kind: "parcel_label", orderNumber } : null;
  }
  if (letters.length === TOKEN_LENGTH && letters.startsWith(TOKEN)) {
    return { kind: "pickup_token", code: letters.slice(TOKEN.length, TOKEN.length + CODE_LENGTH), token: letters };
  }
  return CODE.test(letters) ? { kind: "pickup_code", code: letters } : null;
}

// The text in the QR picture of a parcel's label. Throws when that is no order number.
export function labelText(orderNumber) {
  if (!NUMBER.test(orderNumber)) throw new RangeError("not an order number");
  return LABEL + orderNumber + checkLetter(orderNumber);
}

function checkLetter(number) {
  const total = [...number].reduce((sum, letter, n) => sum + (n + 2) * LETTERS.indexOf(letter), 0);
  return LETTERS[(LETTERS.length - (total % LETTERS.length)) % LETTERS.length];
}

function hintOf(clean, letters) {
  if (!clean.trim()) return "empty";
  if (letters.startsWith(TOKEN) && letters.length > TOKEN.length + CODE_LENGTH) return "part_of_a_token";
  if (letters.startsWith(LABEL) && Math.abs(letters.length - LABEL_LENGTH) <= 2) return "damaged_label";
  if (PASS_BEGINS.test(clean.trimStart())) return "damaged_pass";
  return isArticle(clean.trim()) ? "article" : "other";
}

// GS1: the number of an article has 8, 12, 13 or 14 digits, the last of which checks the others.
function isArticle(digits) {
  if (!/^(?:[0-9]{8}|[0-9]{12,14})$/.test(digits)) return false;
  const sum = [...digits].reverse().reduce((total, digit, n) => total + Number(digit) * (n % 2 ? 3 : 1), 0);
  return sum % 10 === 0;
}
