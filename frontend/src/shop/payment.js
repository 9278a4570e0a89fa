// Paying inside WeChat. The client's answer (ok, cancel, fail) is a hint and never the truth: whatever it says, our server
// is asked, which asks WeChat Pay. JSAPI payment, client side: getBrandWCPayRequest through WeixinJSBridge.
import { randomId } from "../lib/ids.js";
import { untilStateChanges } from "../lib/waiting.js";

export const AWAITING = "awaiting_payment";
const BRIDGE_WITHIN = 3000; // ms
const ASK_FOR = 60; // seconds, after the client said ok

export class NotPossible extends Error {
  constructor(status, detail) {
    super(detail || `HTTP ${status}`);
    this.status = status;
    this.detail = detail;
  }
}

export function bridgeOf(win, within = BRIDGE_WITHIN) {
  if (win.WeixinJSBridge) return Promise.resolve(win.WeixinJSBridge);
  return new Promise((resolve) => {
    const timer = win.setTimeout(() => resolve(win.WeixinJSBridge ?? null), within);
    win.document.addEventListener("WeixinJSBridgeReady", () => {
      win.clearTimeout(timer);
      resolve(win.WeixinJSBridge);
    }, { once: true });
  });
}

async function post(win, url, headers) {
  const response = await win.fetch(url, {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "application/json", Accept: "application/json", ...headers },
    body: "{}",
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new NotPossible(response.status, answer.detail);
  return answer;
}

export const invoke = (bridge, parameters) =>
  new Promise((resolve) => bridge.invoke("getBrandWCPayRequest", parameters, (answer) => resolve(String(answer?.err_msg ?? "").split(":")[1] ?? "fail")));

// One press of the button. Answers "changed" (the page must be loaded again) or the key of the words to show.
export async function pay({ win, urls, csrf, key, say, sleep, askFor = ASK_FOR }) {
  const headers = { "X-CSRF-Token": csrf };
  const check = async () => (await post(win, urls.check, headers)).state;
  const bridge = await bridgeOf(win);
  if (!bridge) return "open_in_wechat";
  const { jsapi } = await post(win, urls.payment, { ...headers, "Idempotency-Key": key });
  const said = await invoke(bridge, jsapi);
  say("checking");
  const state = await check().catch(() => AWAITING);
  if (state !== AWAITING) return "changed";
  if (said !== "ok") return said === "cancel" ? "cancelled" : "failed";
  const later = await untilStateChanges(check, AWAITING, { forSeconds: askFor, sleep });
  return later ? "changed" : "still_waiting";
}

const MOVED_ON = new Set([401, 404, 409, 410, 422]); // the order is not what this page shows any more

export function attachPayment(form, { win, words, sleep }) {
  const { paymentUrl, checkUrl, csrf } = form.dataset;
  const status = form.querySelector("[data-pay-status]") ?? win.document.querySelector("[data-pay-status]");
  const button = form.querySelector("button:not([type=button])") ?? win.document.querySelector(`button[form="${form.id}"]`);
  let key = form.dataset.key || randomId(win.crypto);
  const show = (text) => {
    if (!status) return;
    status.textContent = text;
    status.hidden = !text;
  };
  const say = (name) => show(words[name] ?? "");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button?.disabled) return;
    if (button) button.disabled = true;
    say("paying");
    try {
      const end = await pay({ win, urls: { payment: paymentUrl, check: checkUrl }, csrf, key, say, sleep });
      if (end === "changed") return void win.location.reload();
      if (end === "failed") key = randomId(win.crypto); // the client refused these parameters: ask for new ones
      say(end);
    } catch (error) {
      if (MOVED_ON.has(error.status)) return void win.location.reload();
      show(error.detail || words.try_again || "");
    }
    if (button) button.disabled = false;
  });
  win.addEventListener("pageshow", (event) => {
    if (event.persisted && button) button.disabled = false;
  });
}
