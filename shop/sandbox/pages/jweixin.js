// WeChat's script for pages, played: it checks the signature with the sandbox, through WeChat's browser, and shows what was asked.
(() => {
  const root = document.documentElement;
  let ready = [];
  let state = "";
  const when = (then) => (state === "ok" ? then() : ready.push(then));
  const show = (name, value) => root.setAttribute(`data-wx-${name}`, JSON.stringify(value));
  window.wx = {
    config(given) {
      fetch("/__wechat__/jssdk", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ ...given, url: location.href.split("#")[0] }) })
        .then((answer) => answer.json())
        .then(({ errMsg }) => {
          state = errMsg === "config:ok" ? "ok" : "refused";
          show("config", errMsg);
          if (state === "ok") ready.forEach((then) => then());
          ready = [];
        });
    },
    ready: (then) => when(then),
    error: () => {},
    updateAppMessageShareData: (given) => show("share", given),
    updateTimelineShareData: (given) => show("timeline", given),
    hideMenuItems: (given) => show("hidden", given.menuList),
  };
})();
