// WeChat's bridge for pages, as far as a shop needs it. Runs inside the shop's page under the shop's own
// Content-Security-Policy, so it builds elements by hand and styles them through the CSSOM only.
(function () {
  "use strict";

  var READY_AFTER_MS = 30; // the real bridge also comes a little later than the page
  var open = null;

  function element(tag, styles, text) {
    var made = document.createElement(tag);
    Object.keys(styles).forEach(function (name) { made.style[name] = styles[name]; });
    if (text) { made.textContent = text; }
    return made;
  }

  function button(id, text, styles) {
    var made = element("button", Object.assign({
      display: "block", width: "100%", minHeight: "48px", margin: "12px 0 0", border: "0", borderRadius: "8px",
      fontSize: "17px", fontWeight: "600", cursor: "pointer"
    }, styles), text);
    made.type = "button";
    made.id = id;
    return made;
  }

  function post(path, given) {
    return fetch("/__wechat__/" + path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      credentials: "omit",
      body: JSON.stringify(given)
    }).then(function (answer) { return answer.json(); });
  }

  function fail(reason) {
    return { err_msg: "get_brand_wcpay_request:fail", err_desc: String(reason) };
  }

  function close() {
    if (open) { open.remove(); open = null; }
  }

  function show(sheet, decide) {
    open = element("div", {
      position: "fixed", left: "0", top: "0", right: "0", bottom: "0", zIndex: "2147483647", overflow: "auto",
      background: "#ededed", color: "#191919", font: "17px/1.5 sans-serif", textAlign: "center"
    });
    open.id = "wx-pay-sheet";
    open.setAttribute("role", "dialog");
    open.setAttribute("aria-modal", "true");
    open.setAttribute("aria-label", "微信支付");
    var box = element("div", { maxWidth: "400px", margin: "0 auto", padding: "64px 24px 24px" });
    var amount = element("div", { fontSize: "40px", fontWeight: "600", margin: "8px 0" }, sheet.charged);
    amount.id = "wx-pay-amount";
    var confirm = button("wx-pay-confirm", "立即支付", { background: "#06ad56", color: "#ffffff", marginTop: "40px" });
    var cancel = button("wx-pay-cancel", "取消", { background: "#ffffff", color: "#191919" });
    var lie = button("wx-pay-lie", "测试：返回 ok 但不付款", {
      background: "transparent", color: "#595959", fontSize: "12px", fontWeight: "400", minHeight: "32px"
    });
    confirm.addEventListener("click", function () { decide("pay"); });
    cancel.addEventListener("click", function () { decide("cancel"); });
    lie.addEventListener("click", function () { decide("ok_without_payment"); });
    [
      element("div", { color: "#595959" }, sheet.merchant), amount,
      element("div", { color: "#595959", fontSize: "14px" }, sheet.amount + " · " + sheet.description),
      confirm, cancel, lie
    ].forEach(function (one) { box.appendChild(one); });
    open.appendChild(box);
    document.body.appendChild(open);
    confirm.focus();
  }

  function pay(params, answer) {
    if (open) { answer(fail("a payment is open")); return; }
    post("look", params || {}).then(function (found) {
      if (!found.sheet) { answer(found); return; }
      var decided = false;
      show(found.sheet, function (decision) {
        if (decided) { return; }
        decided = true;
        post("pay", Object.assign({}, params, { decision: decision })).catch(fail).then(function (result) {
          close();
          answer(result);
        });
      });
    }, function (problem) { answer(fail(problem)); });
  }

  var bridge = {
    invoke: function (name, params, callback) {
      var answer = typeof callback === "function" ? callback : function () {};
      if (name === "getBrandWCPayRequest") {
        pay(params, answer);
      } else {
        setTimeout(function () { answer({ err_msg: name + ":ok" }); }, 0);
      }
    },
    call: function (name) { bridge.invoke(name); },
    on: function () {} // the menu's events never come here
  };

  function ready() {
    setTimeout(function () {
      window.WeixinJSBridge = bridge;
      document.dispatchEvent(new Event("WeixinJSBridgeReady"));
    }, READY_AFTER_MS);
  }

  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", ready);
  } else {
    ready();
  }
})();
