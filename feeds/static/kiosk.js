// A screen on the wall. Each post stays 25 seconds; every minute we ask whether anything changed, and after
// half an hour without an answer only the invitation is shown: what was taken back must not stay on a wall.
// Time is measured by a clock that nobody can set. `#night=22-7` dims the screen between those hours.
(() => {
  "use strict";
  const root = document.documentElement;
  const main = document.querySelector(".screens");
  const hold = document.querySelector(".hold");
  const [STAY, ASK, OLD, ANEW] = [25e3, 60e3, 30 * 60e3, 60 * 60e3];
  const SHIFTS = [[0, 0], [6, 4], [-4, 8], [-8, -2], [3, -6], [8, 1]];
  const born = performance.now();
  let now = 0, round = 0, tag = "", heard = born, isHeld = false;

  const screens = () => [...main.children];
  const show = (at) => {
    const all = screens();
    now = at % all.length;
    all.forEach((screen, number) => screen.classList.toggle("now", number === now));
  };
  const onward = () => {
    if (isHeld || root.classList.contains("stale")) return;
    if (now + 1 === screens().length) {
      round += 1;
      const [x, y] = SHIFTS[round % SHIFTS.length];
      main.style.setProperty("--shift-x", `${x}px`);
      main.style.setProperty("--shift-y", `${y}px`);
      root.classList.toggle("turned", round % 2 === 1);
    }
    show(now + 1);
  };

  const linkOf = (screen) => screen && screen.querySelector(".scan a").href;
  const replace = (text) => {
    const fresh = new DOMParser().parseFromString(text, "text/html").querySelector(".screens");
    if (!fresh) return false;
    const seen = linkOf(screens()[now]);
    main.replaceChildren(...[...fresh.children].map((screen) => document.adoptNode(screen)));
    const again = screens().findIndex((screen) => linkOf(screen) === seen);
    show(again < 0 ? now : again);
    return true;
  };
  const age = () => root.classList.toggle("stale", performance.now() - heard > OLD);
  const ask = async () => {
    try {
      // `no-store`: the browser's own copy would look like news. The tag makes the answer short.
      const answer = await fetch(location.pathname, {
        cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer",
        headers: tag ? { "If-None-Match": tag } : {}, signal: AbortSignal.timeout(20e3),
      });
      const isGood = answer.status === 304 || (answer.status === 200 && replace(await answer.text()));
      if (isGood) {
        heard = performance.now();
        tag = answer.headers.get("ETag") || tag;
        if (heard - born > ANEW && !isHeld) location.reload();
      }
    } catch {
      // No answer: what is shown stays until it is too old.
    }
    age();
  };

  const dim = () => {
    const found = /[#&]night=(\d{1,2})-(\d{1,2})/.exec(location.hash);
    if (!found) return;
    const [from, until] = [Number(found[1]), Number(found[2])], hour = new Date().getHours();
    root.classList.toggle("night", from <= until ? hour >= from && hour < until : hour >= from || hour < until);
  };
  const wake = () => document.hidden || navigator.wakeLock?.request("screen").catch(() => {});
  let still;
  const stir = () => {
    root.classList.remove("idle");
    clearTimeout(still);
    still = setTimeout(() => root.classList.add("idle"), 3000);
  };

  hold.addEventListener("click", () => {
    isHeld = !isHeld;
    hold.textContent = isHeld ? hold.dataset.go : hold.dataset.stop;
  });
  addEventListener("pointermove", stir);
  addEventListener("online", ask);
  document.addEventListener("visibilitychange", () => { wake(); if (!document.hidden) ask(); });
  root.classList.add("playing");
  hold.hidden = false;
  show(0);
  stir();
  dim();
  wake();
  ask();
  setInterval(onward, STAY);
  setInterval(ask, ASK);
  setInterval(() => { dim(); age(); }, 10e3);
})();
