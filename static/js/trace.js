// The page behind a scanned code: once it is there and the phone has nothing better to do, the phone checks the log.
// Without script, or in a browser too old for what is loaded here, the page stays as it was served.
const element = document.querySelector("[data-module~='self-check']");

function begin() {
  import("./log/page.js").then(({ selfCheck }) => selfCheck(element)).catch(() => {});
}

function whenIdle() {
  if (window.requestIdleCallback) window.requestIdleCallback(begin, { timeout: 3000 });
  else setTimeout(begin, 300);
}

if (element) {
  if (document.readyState === "complete") whenIdle();
  else window.addEventListener("load", whenIdle);
}
