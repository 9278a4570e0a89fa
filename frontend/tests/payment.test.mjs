import assert from "node:assert/strict";
import { test } from "node:test";
import { NotPossible, pay } from "../src/shop/payment.js";

const JSAPI = { appId: "wx1", timeStamp: "1", nonceStr: "n", package: "prepay_id=p", signType: "RSA", paySign: "s" };

// A browser with WeChat's bridge that answers `said`; the server answers the states in turn.
function browser({ said = "ok", states = ["paid"], bridge = true, status = 200 } = {}) {
  const sent = [];
  return {
    sent,
    WeixinJSBridge: bridge ? { invoke: (name, parameters, done) => { sent.push([name, parameters]); done({ err_msg: `get_brand_wcpay_request:${said}` }); } } : undefined,
    setTimeout: (wake) => { wake(); return 1; },
    clearTimeout: () => {},
    document: { addEventListener: () => {} },
    fetch: async (url, options) => {
      sent.push([url, options.headers]);
      const body = url === "/check" ? { state: states.length > 1 ? states.shift() : states[0] } : { jsapi: JSAPI, detail: "too late" };
      return { ok: status < 400, status, json: async () => body };
    },
  };
}

const press = (win) => pay({ win, urls: { payment: "/payment", check: "/check" }, csrf: "c", key: "k", say: () => {}, sleep: async () => {} });

test("the page carries the key and the token, and hands the parameters over unchanged", async () => {
  const win = browser();

  await press(win);

  const [[url, headers], [name, parameters]] = win.sent;
  assert.equal(url, "/payment");
  assert.equal(headers["Idempotency-Key"], "k");
  assert.equal(headers["X-CSRF-Token"], "c");
  assert.equal(name, "getBrandWCPayRequest");
  assert.deepEqual(parameters, JSAPI);
});

test("a paid order loads the page again, whatever the client said", async () => {
  for (const said of ["ok", "cancel", "fail"]) assert.equal(await press(browser({ said, states: ["paid"] })), "changed");
});

test("ok without payment is not believed", async () => {
  assert.equal(await press(browser({ said: "ok", states: ["awaiting_payment"] })), "still_waiting");
});

test("a payment that is known only later loads the page again", async () => {
  assert.equal(await press(browser({ said: "ok", states: ["awaiting_payment", "awaiting_payment", "paid"] })), "changed");
});

test("cancel and fail are told apart", async () => {
  assert.equal(await press(browser({ said: "cancel", states: ["awaiting_payment"] })), "cancelled");
  assert.equal(await press(browser({ said: "fail", states: ["awaiting_payment"] })), "failed");
});

test("without WeChat's bridge nothing is asked for", async () => {
  const win = browser({ bridge: false });

  assert.equal(await press(win), "open_in_wechat");
  assert.deepEqual(win.sent, []);
});

test("a refusal reaches the page with its words", async () => {
  await assert.rejects(press(browser({ status: 409 })), (error) => error instanceof NotPossible && error.status === 409 && error.detail === "too late");
});
