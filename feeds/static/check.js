// Looks by itself whether the answer is there; without script, a link does. The page turns over once, when
// there is something new to read, and never while somebody is still being told to wait.
(() => {
  "use strict";
  const pause = Number(document.querySelector("[data-again]").dataset.again) * 1000;
  const look = async () => {
    try {
      const answer = await fetch(location.href, { cache: "no-store", credentials: "omit" });
      if (answer.ok && !(await answer.text()).includes("data-again")) return location.reload();
    } catch {
      // We cannot be reached for a moment: the next look may do better.
    }
    setTimeout(look, pause);
  };
  setTimeout(look, pause);
})();
