// The storefront. Every page works without this; it makes going back, double taps and paying behave.
import { reloadWhenRestored } from "./lib/fresh.js";
import { messages } from "./lib/messages.js";
import { sendOnce } from "./lib/once.js";
import { sleep } from "./lib/waiting.js";
import { attachCopy } from "./shop/copy.js";
import { attachPayment } from "./shop/payment.js";
import { watch } from "./shop/poll.js";
import { attachSeen } from "./shop/seen.js";
import { attachWeChat } from "./shop/wechat.js";
import { attachAutosubmit, attachStepper } from "./shop/stepper.js";

reloadWhenRestored();
document.querySelectorAll("form[data-pay]").forEach((form) => attachPayment(form, { win: window, words: messages(), sleep }));
sendOnce();
document.querySelectorAll("[data-poll-url]").forEach((element) => watch(element, { win: window, sleep }));
document.querySelectorAll("[data-stepper]").forEach(attachStepper);
document.querySelectorAll("form[data-autosubmit]").forEach(attachAutosubmit);
document.querySelectorAll("[data-copy]").forEach((button) => attachCopy(button));
attachSeen();
attachWeChat(window).catch(() => {}); // the page does without
