// Tells the page around the frame how high it is, in our words and in WordPress's, and nothing else.
// From `load` and timers: Chromium runs no observer in a frame that is not in sight, and WordPress
// keeps a frame out of sight until it has spoken (facts measured with wp-embed.js 6.1.9).
(() => {
  "use strict";
  const host = window.parent;
  if (host === window) return;
  const secret = () => (/[#?&]secret=([A-Za-z0-9]+)/.exec(location.hash) || [])[1];
  const declared = Number(document.body.dataset.height);
  const height = () => declared || Math.ceil(document.body.getBoundingClientRect().height);
  let last = 0;
  const speak = () => {
    last = height();
    host.postMessage({ engaged: 1, height: last }, "*");
    if (secret()) host.postMessage({ message: "height", value: last, secret: secret() }, "*");
  };
  addEventListener("load", () => [0, 250, 1000, 4000].forEach((wait) => setTimeout(speak, wait)));
  addEventListener("hashchange", speak);
  addEventListener("resize", () => height() === last || speak());
  // WordPress's own script may come late: it says that it is ready.
  addEventListener("message", ({ source, data }) => {
    if (source === host && data && data.message === "ready" && data.secret === secret()) speak();
  });
  // Its sandbox lets no link open a window: the page around follows it, to the frame's own host only.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!secret() || !link || link.host !== location.host || event.defaultPrevented) return;
    if (link.getAttribute("href").startsWith("#")) return;
    event.preventDefault();
    host.postMessage({ message: "link", value: link.href, secret: secret() }, "*");
  });
})();
