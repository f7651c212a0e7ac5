// Tells the page around the frame how high it is, in our words and in WordPress's, and nothing else.
// From `load` and timers: Chromium runs no observer in a frame that is not in sight, and WordPress
// keeps a frame out of sight until it has spoken (facts measured with wp-embed.js 6.1.9).
(() => {
  "use strict";
  const host = window.parent;
  if (host === window) return;
  // Once known it stays: a link within the frame takes it out of the address.
  let known;
  const secret = () => (known = (/[#?&]secret=([A-Za-z0-9]+)/.exec(location.hash) || [0, known])[1]);
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
// A post that is taken down leaves open frames within two minutes: 90 s, and the answer's own way. The page
// itself may be a copy that the browser kept for 90 s, so the first look comes sooner. What is only new waits
// while somebody is in the frame. Who cannot ask whether the posts still stand shows none after half an hour.
(() => {
  "use strict";
  const [FIRST, AGAIN, SOON, OLD] = [25e3, 90e3, 20e3, 30 * 60e3];
  const { body } = document;
  let heard = performance.now(), asked = heard;
  const isGone = (text) =>
    [...document.querySelectorAll("article a[href]")].some((link) => !text.includes(link.getAttribute("href")));
  const empty = () => {
    const link = document.createElement("a");
    const href = new URL("../", document.querySelector("[rel=canonical]").href).href;
    Object.assign(link, { href, target: "_blank", rel: "noopener", textContent: document.title });
    body.replaceChildren(link);
    body.dataset.made = "";
  };
  const look = async () => {
    if (document.hidden || performance.now() - asked < SOON) return;
    asked = performance.now();
    try {
      const answer = await fetch(location.href, {
        cache: "no-cache", credentials: "omit", referrerPolicy: "no-referrer", signal: AbortSignal.timeout(20e3),
      });
      const text = await answer.text();
      const isNews = answer.ok && !text.includes(`data-made="${body.dataset.made}"`);
      const isOver = answer.status === 404 || answer.status === 410;
      if (answer.ok) heard = performance.now();
      if (isOver || (isNews && (isGone(text) || !document.hasFocus()))) location.reload();
    } catch {
      // No answer: what is shown stays until it is too old.
    }
    if (performance.now() - heard > OLD) empty();
  };
  document.addEventListener("visibilitychange", look);
  setTimeout(look, FIRST);
  setInterval(look, AGAIN);
})();
