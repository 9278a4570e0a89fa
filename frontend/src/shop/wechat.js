// WeChat's own functions, where the page is open in WeChat: what a shared page looks like, and no sharing of private ones.
// The shop works without: whatever fails here is left out.
const LOADS_WITHIN = 8000; // milliseconds
const SHARE = ["updateAppMessageShareData", "updateTimelineShareData"];
const HIDE = ["menuItem:share:appMessage", "menuItem:share:timeline", "menuItem:share:qq", "menuItem:share:weiboApp", "menuItem:share:QZone", "menuItem:copyUrl", "menuItem:openWithSafari", "menuItem:openWithQQBrowser"];

export function inWeChat(agent) {
  return agent.includes("MicroMessenger") && !agent.includes("wxwork");
}

// What a shared page shows; null for a page that is nobody else's business.
export function card(doc, page) {
  const said = (name) => doc.querySelector(`meta[property="og:${name}"]`)?.content ?? "";
  if (!said("title")) return null;
  const link = new URL(said("url") || page, page).href;
  return { title: said("title"), desc: said("description"), link, imgUrl: said("image") && new URL(said("image"), page).href };
}

export async function attachWeChat(win) {
  const address = win.document.querySelector('meta[name="wechat-sdk"]')?.content;
  if (!address || !inWeChat(win.navigator.userAgent)) return false;
  const page = win.location.href.split("#")[0];
  const response = await win.fetch(`/wechat/page.json?url=${encodeURIComponent(page)}`, { credentials: "omit" });
  if (!response.ok) return false;
  const signed = await response.json();
  await load(win, address);
  const wx = win.wx;
  if (!wx) return false;
  wx.config({ debug: false, ...signed, jsApiList: [...SHARE, "hideMenuItems"] });
  wx.ready(() => {
    const shown = card(win.document, page);
    if (!shown) wx.hideMenuItems({ menuList: HIDE });
    else SHARE.forEach((name) => wx[name](shown));
  });
  return true;
}

function load(win, address) {
  return new Promise((resolve, reject) => {
    const script = win.document.createElement("script");
    win.setTimeout(() => reject(new Error("too slow")), LOADS_WITHIN);
    script.src = address;
    script.onload = resolve;
    script.onerror = () => reject(new Error("not loaded"));
    win.document.head.append(script);
  });
}
