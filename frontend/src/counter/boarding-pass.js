// Boarding passes as the bar code writes them (IATA Resolution 792, BCBP), and how well one fits an order.
// The same rules as shop/pickup/boarding_passes.py, where the reasons stand; tests/pickup/scan_cases.json holds both to
// them. Days are texts ("2026-11-24"). The text of a pass is never kept.
export const LONGEST = 1000;
const NAME_WIDTH = 20;
const LEG_WIDTH = 37;
const HEAD = /^M([1-4])([A-Z][A-Z0-9 /.'-]{19})([A-Z ])/;
const LEG = /[A-Z0-9 ]{7}([A-Z]{3})([A-Z]{3})([A-Z0-9]{2}[A-Z0-9 ])([A-Z0-9 ]{5})([0-9 ]{3})/y;
const HEX = /^[0-9A-Fa-f]{2}$/;
const CARRIER = /^[A-Z0-9]{2,3}$/;
const DAY = 86_400_000; // ms

const swapCase = (text) => text.replace(/[A-Za-z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) ^ 32));
const trimmed = (text) => text.replace(/^ +| +$/g, "");
const unpadded = (text) => trimmed(text).replace(/^0+/, "");

// Answers the pass, or null when the text is none: {name, electronic, issued, legs: [{carrier, flight, origin,
// destination, day, seat, sequence, status, marketing}]}. `today` is the airport's day.
export function readBoardingPass(text, today) {
  let clean = text.slice(0, LONGEST).replace(/[\x00-\x1f\x7f-\x9f]/g, "").replace(/^ +/, "");
  if (clean.startsWith("m")) clean = swapCase(clean); // the scanner's keyboard has its capitals locked
  const head = HEAD.exec(clean);
  // A hyphen and no stroke is what a German layout makes of LAST/FIRST.
  if (!head || (head[2].includes("-") && !head[2].includes("/"))) return null;
  const legs = [];
  let issued = null;
  let at = head[0].length;
  for (let left = Number(head[1]) - 1; left >= 0; left -= 1) {
    LEG.lastIndex = at;
    const found = LEG.exec(clean);
    if (!found) return null;
    const rest = clean.slice(LEG.lastIndex, at + LEG_WIDTH).padEnd(13); // cabin 1, seat 4, sequence 5, status 1, size 2
    const size = HEX.test(rest.slice(11, 13)) ? parseInt(rest.slice(11, 13), 16) : null;
    const extras = clean.slice(at + LEG_WIDTH, at + LEG_WIDTH + (size ?? 0));
    if (!/^[ -~]*$/.test(left > 0 ? rest + extras : rest)) return null;
    if (left > 0 && (size === null || extras.length < size)) return null;
    const first = legs.length === 0;
    if (first && extras && extras[0] !== ">" && (extras[0] === ":" || !trimmed(rest.slice(5, 10)))) return null;
    const said = readExtras(extras, first);
    if (first) issued = dayOfIssue(said.issued, today);
    const leg = readLeg(found, rest, said.marketing);
    const floor = first ? issued && later(issued, -3) : later(legs[legs.length - 1].day, -1);
    const day = dayOf(found[5], today, floor);
    if (!leg || !day) return null;
    legs.push({ ...leg, day });
    at += LEG_WIDTH + extras.length;
  }
  return { name: head[2].replace(/ +$/, ""), electronic: head[3] === "E", issued, legs };
}

function readExtras(extras, first) {
  let issued = "";
  let at = 0;
  if (first) {
    const size = extras.slice(2, 4);
    if (extras[0] !== ">" || !HEX.test(size)) return { issued: "", marketing: "" };
    at = 4 + parseInt(size, 16);
    issued = extras.slice(4, at).slice(3, 7);
  }
  const size = extras.slice(at, at + 2);
  if (!HEX.test(size)) return { issued, marketing: "" };
  const marketing = trimmed(extras.slice(at + 2, at + 2 + parseInt(size, 16)).slice(15, 18));
  return { issued, marketing: CARRIER.test(marketing) ? marketing : "" };
}

function readLeg([, origin, destination, airline, number], rest, marketing) {
  const flight = /^0*([1-9][0-9]{0,3})([A-Z]?)$/.exec(number.replace(/ /g, ""));
  if (!flight) return null;
  const carrier = trimmed(airline);
  return {
    carrier,
    flight: carrier + flight[1] + flight[2],
    origin,
    destination,
    seat: unpadded(rest.slice(1, 5)),
    sequence: unpadded(rest.slice(5, 10)),
    status: trimmed(rest[10]),
    marketing,
  };
}

// --- which year ---

const msOf = (day) => Date.parse(`${day}T00:00:00Z`);
const textOf = (ms) => new Date(ms).toISOString().slice(0, 10);
const yearOf = (day) => Number(day.slice(0, 4));
const later = (day, days) => textOf(msOf(day) + days * DAY);
const apart = (a, b) => Math.abs(msOf(a) - msOf(b)) / DAY;

function ofYear(year, number) {
  const day = textOf(Date.UTC(year, 0, number));
  return number && yearOf(day) === year ? day : null;
}

// The first such day from `floor` on, or the nearest to `today` when nothing bounds it.
function dayOf(digits, today, floor) {
  const number = /^ *[0-9]+ *$/.test(digits) ? Number(digits) : 0;
  const year = yearOf(floor ?? today);
  const years = floor ? [year, year + 1] : [year - 1, year, year + 1];
  const days = years.map((each) => ofYear(each, number)).filter((day) => day && (!floor || day >= floor));
  if (!floor) days.sort((a, b) => apart(a, today) - apart(b, today));
  return days[0] ?? null;
}

function dayOfIssue(said, today) {
  const written = /^([0-9])([0-9]{3})$/.exec(said);
  if (!written) return null;
  for (let year = yearOf(today) + 1; year > yearOf(today) - 20; year -= 1) { // a leap year's digit comes again after 20
    const day = ofYear(year, Number(written[2]));
    if (year % 10 === Number(written[1]) && day && day <= later(today, 7)) return day;
  }
  return null;
}

// --- hints: "same", "similar" or "different" ---

export function legFrom(boardingPass, airport, today) {
  const leaving = boardingPass.legs.filter((leg) => leg.origin === airport);
  return leaving.sort((a, b) => apart(a.day, today) - apart(b.day, today))[0] ?? null;
}

const bare = (flight) => flight.replace(/[A-Z]+$/, "");

export function sameFlight(leg, flight, codeshares = {}) {
  const number = leg.flight.slice(leg.carrier.length);
  const own = [leg.flight, leg.marketing ? leg.marketing + number : leg.flight];
  const names = new Set(own);
  for (const [main, others] of Object.entries(codeshares)) {
    if (own.includes(main)) others.forEach((other) => names.add(other));
    if (others.some((other) => own.includes(other))) names.add(main);
  }
  if (names.has(flight)) return "same";
  if ([...names].some((name) => bare(name) === bare(flight))) return "similar";
  return leg.marketing && leg.marketing !== leg.carrier && flight.startsWith(leg.marketing) ? "similar" : "different";
}

export function sameDay(leg, day) {
  const days = apart(leg.day, day);
  return days === 0 ? "same" : days === 1 ? "similar" : "different";
}

export function sameDestination(boardingPass, leg, destination, finalDestination) {
  const last = boardingPass.legs[boardingPass.legs.length - 1];
  if (finalDestination === leg.destination || finalDestination === last.destination) return "same";
  return leg.destination === destination && leg === last ? "similar" : "different";
}

// What can be said without the traveller's name: whether the initials of an order ("W. X.") may be those of the pass. More
// or less than two of them are a hint at best, and so are Chinese ones.
export function initialsMayBe(onPass, initials) {
  const letters = initials.normalize("NFKD").toUpperCase().match(/[A-Z]/g) ?? [];
  const own = onPass.split("/").map((part) => part.trim()[0]).filter(Boolean);
  if (!letters.length || !own.length) return true;
  return letters.length === 2 ? own.every((letter) => letters.includes(letter)) : own.some((letter) => letters.includes(letter));
}

// Whether a parcel of the counter's list (shop/pickup/manifest.py) may be this traveller's: flight, day and initials.
export function mayBeFor(boardingPass, { v, d, i = "" }) {
  if (!v || !d || !initialsMayBe(boardingPass.name, i)) return false;
  return boardingPass.legs.some((leg) => sameFlight(leg, v) !== "different" && sameDay(leg, d) !== "different");
}

const TITLES = ["MSTR", "MISS", "PROF", "MRS", "CHD", "INF", "MR", "MS", "DR"];
const PLAIN = { ß: "SS", ẞ: "SS", Ø: "O", ø: "O", Æ: "AE", æ: "AE", Œ: "OE", œ: "OE", Ł: "L", ł: "L", Đ: "D", đ: "D", ı: "I" };
const SPELLINGS = [{}, { Ä: "AE", ä: "AE", Ö: "OE", ö: "OE", Ü: "UE", ü: "UE" }, { Ü: "YU", ü: "YU" }];

export function sameName(onPass, traveller) {
  let best = "different";
  for (const spelling of SPELLINGS) {
    const theirs = untitled(wordsOf(traveller, spelling));
    for (const [words, cut] of spelled(onPass)) {
      const likeness = words.length && theirs.length ? compare(words, theirs, cut) : "different";
      if (likeness === "same") return likeness;
      if (likeness === "similar") best = likeness;
    }
  }
  return best;
}

function wordsOf(name, spelling) {
  const composed = [...name.normalize("NFKC")].map((letter) => spelling[letter] ?? letter);
  const plain = composed.map((letter) => PLAIN[letter] ?? letter).join("").normalize("NFKD").replace(/\p{M}/gu, "");
  return plain.replace(/[a-z]/g, (letter) => letter.toUpperCase()).match(/[A-Z]+/g) ?? [];
}

function untitled(words) {
  const kept = words.filter((word) => !TITLES.includes(word));
  return kept.length ? kept : words;
}

// The ways to read the name on a pass: a title may be glued to the given name, and cut with it.
function spelled(onPass) {
  const cut = onPass.length >= NAME_WIDTH;
  const words = untitled(wordsOf(onPass, {}));
  const ways = [[words, cut]];
  const last = words[words.length - 1] ?? "";
  for (const title of TITLES) {
    for (let length = title.length; length > (cut ? 0 : title.length - 1); length -= 1) {
      if (last.length > length && last.endsWith(title.slice(0, length))) {
        ways.push([[...words.slice(0, -1), last.slice(0, -length)], false]);
      }
    }
  }
  return ways;
}

const turnsOf = (words) => words.map((_, n) => [...words.slice(n), ...words.slice(0, n)].join(""));

function compare(words, theirs, cut) {
  const one = words.join("");
  const turns = turnsOf(theirs);
  const ownTurns = turnsOf(words);
  if ([...words].sort().join(" ") === [...theirs].sort().join(" ")) return "same";
  if (ownTurns.some((turn) => turns.includes(turn)) || (cut && turns.some((turn) => turn.startsWith(one)))) return "same";
  const given = words.length > 1 && theirs.length > 1;
  if (given && turns.some((turn) => turn.startsWith(one) || one.startsWith(turn))) return "similar";
  const common = new Set(words.filter((word) => theirs.includes(word)));
  const whole = common.size === new Set(words).size || common.size === new Set(theirs).size;
  if (whole && common.size >= Math.min(2, words.length, theirs.length)) return "similar";
  return ownTurns.some((a) => turns.some((b) => nearly(a, b) || sound(a) === sound(b))) ? "similar" : "different";
}

const sound = (name) => name.replace(/([LN])(?:YU|V)/g, "$1U");

// One letter is wrong, missing, too many, or two neighbours are swapped.
function nearly(a, b) {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (short.length < 5 || long.length - short.length > 1) return false;
  let same = 0;
  while (same < short.length && short[same] === long[same]) same += 1;
  const rest = short.slice(same);
  const other = long.slice(same);
  if (short.length < long.length) return rest === other.slice(1);
  return rest.slice(1) === other.slice(1) || (rest[0] === other[1] && rest[1] === other[0] && rest.slice(2) === other.slice(2));
}
