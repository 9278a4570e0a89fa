// Lighthouse on a slow phone, one page after the other, in the order in which they are asked for.
// Standard input: {"flags": [...], "pages": [{"name", "url", "headers"}]}. Standard output: one JSON line for each page.
import { readFileSync } from "node:fs";
import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";

const CATEGORIES = ["performance", "accessibility", "best-practices"];
const { flags, pages } = JSON.parse(readFileSync(0, "utf8"));

const lost = (audits) =>
  Object.values(audits)
    .filter((audit) => audit.score !== null && audit.score < 1 && !["informative", "manual", "notApplicable"].includes(audit.scoreDisplayMode))
    .map((audit) => `${audit.id}${audit.displayValue ? ` (${audit.displayValue})` : ""}`);

function figures({ categories, audits, runtimeError }) {
  if (runtimeError) throw new Error(`${runtimeError.code}: ${runtimeError.message}`);
  const requests = audits["network-requests"].details.items;
  const bytes = (wanted) => requests.filter(wanted).reduce((sum, request) => sum + (request.transferSize ?? 0), 0);
  const inline = audits["total-byte-weight"].details?.items ?? [];
  return {
    ...Object.fromEntries(CATEGORIES.map((name) => [name, Math.round(categories[name].score * 100)])),
    bytes: bytes((request) => !request.url.startsWith("data:")),
    script: bytes((request) => request.resourceType === "Script"),
    lcp: audits["largest-contentful-paint"].numericValue / 1000,
    cls: audits["cumulative-layout-shift"].numericValue,
    tbt: audits["total-blocking-time"].numericValue,
    requests: requests.filter((request) => !request.url.startsWith("data:")).length,
    heaviest: inline.slice(0, 5).map((item) => `${new URL(item.url).pathname} ${item.totalBytes}`),
    lost: lost(audits),
  };
}

async function measure({ url, headers }) {
  const chrome = await launch({ chromePath: process.env.CHROMIUM, chromeFlags: flags, logLevel: "error" });
  try {
    const options = { port: chrome.port, output: "json", logLevel: "error", onlyCategories: CATEGORIES, formFactor: "mobile", extraHeaders: headers };
    const { lhr } = await lighthouse(url, options);
    const found = figures(lhr);
    if (new URL(lhr.finalDisplayedUrl).pathname !== new URL(url).pathname) throw new Error(`led to ${lhr.finalDisplayedUrl}`);
    return found;
  } finally {
    chrome.kill();
  }
}

// On a busy machine a recording may come out torn; Lighthouse itself asks to be run again then.
const TORN = /NO_NAVSTART|NO_FCP|NO_LCP|NO_TRACING_STARTED|PROTOCOL_TIMEOUT|NO_SPEEDLINE_FRAMES/;

for (const page of pages) {
  let told;
  for (let again = 2; !told; again -= 1) {
    try {
      told = await measure(page);
    } catch (error) {
      const words = String(error.message ?? error);
      if (again <= 0 || !TORN.test(`${error.code ?? ""} ${words}`)) told = { error: words };
    }
  }
  process.stdout.write(`${JSON.stringify({ name: page.name, ...told })}\n`);
}
