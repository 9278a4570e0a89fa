// Whether staff have made the checks of a hand-over: what shop/pickup/checks.py accepts, for a page without network.
// tests/pickup/redeem_cases.json holds both to the same serial numbers.
export const SERIAL = "[0-9A-Za-z.\\/ \\-]{4,40}"; // of a sealed bag, as the pattern of a field

const WHOLE = new RegExp(`^(?:${SERIAL})$`);
const AROUND = /^[ \t\r\n]+|[ \t\r\n]+$/g;

export const isSerial = (said) => typeof said === "string" && WHOLE.test(said.replace(AROUND, ""));

// `needed`: [[kind, ...hints]] of the list. A look (`answers` null) only asks. Nobody under age gets alcohol.
export function areMade(needed, answers) {
  return needed.every(([kind, ...hints]) => {
    if (hints.includes("minor")) return false;
    if (answers === null) return true;
    return kind === "sealed_bag" ? isSerial(answers[kind]) : Boolean(answers[kind]);
  });
}
