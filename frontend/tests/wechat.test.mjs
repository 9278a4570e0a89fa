import assert from "node:assert/strict";
import { test } from "node:test";
import { attachWeChat, card, inWeChat } from "../src/shop/wechat.js";

const AGENT = "Mozilla/5.0 (iPhone) MicroMessenger/8.0.76";

function page(metas, { agent = AGENT, answer = { ok: true, json: async () => ({ appId: "wx1" }) }, wx } = {}) {
  const heard = [];
  const doc = {
    querySelector: (selector) => {
      const name = /"(.+)"/.exec(selector)[1];
      return name in metas ? { content: metas[name] } : null;
    },
    createElement: () => ({}),
    head: { append: (script) => queueMicrotask(() => (wx === null ? script.onerror() : script.onload())) },
  };
  const made = {
    config: (given) => heard.push(["config", given.appId]), ready: (then) => then(), hideMenuItems: ({ menuList }) => heard.push(["hide", menuList.length]),
    updateAppMessageShareData: (shown) => heard.push(["share", shown]), updateTimelineShareData: () => {},
  };
  const win = {
    document: doc, navigator: { userAgent: agent }, location: { href: "https://shop.example/products/A?x=1#top" }, wx: wx === undefined ? made : wx,
    fetch: async (url) => { heard.push(["fetch", url]); return answer; }, setTimeout: () => 0,
  };
  return { win, heard };
}

test("only WeChat's own browser is asked to do what only it can", () => {
  assert.equal(inWeChat(AGENT), true);
  assert.equal(inWeChat(`${AGENT} wxwork/4.1`), false);
  assert.equal(inWeChat("Mozilla/5.0 Chrome/120"), false);
});

test("a page with a card shares it, signed for its address without the fragment", async () => {
  const { win, heard } = page({ "wechat-sdk": "https://res.example/sdk.js", "og:title": "Whisky", "og:image": "/pictures/a.webp" });
  assert.equal(await attachWeChat(win), true);
  assert.deepEqual(heard[0], ["fetch", `/wechat/page.json?url=${encodeURIComponent("https://shop.example/products/A?x=1")}`]);
  assert.equal(heard[2][1].imgUrl, "https://shop.example/pictures/a.webp");
});

test("a private page hides what would share it", async () => {
  const { win, heard } = page({ "wechat-sdk": "https://res.example/sdk.js" });
  await attachWeChat(win);
  assert.equal(heard.at(-1)[0], "hide");
});

test("without the script, the signature or WeChat nothing happens", async () => {
  assert.equal(await attachWeChat(page({}).win), false);
  assert.equal(await attachWeChat(page({ "wechat-sdk": "x" }, { agent: "Chrome" }).win), false);
  assert.equal(await attachWeChat(page({ "wechat-sdk": "x" }, { answer: { ok: false } }).win), false);
  await assert.rejects(attachWeChat(page({ "wechat-sdk": "x" }, { wx: null }).win));
  assert.equal(card({ querySelector: () => null }, "https://a.example/"), null);
});
