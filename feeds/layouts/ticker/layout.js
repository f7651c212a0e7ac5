// Brings the next headline every eight seconds. The button stops it for good; a pointer over it, for as long
// as it is there; a key that reaches it, for good. Source: WCAG 2.2, success criterion 2.2.2.
document.querySelectorAll(".bar").forEach((bar) => {
  "use strict";
  const list = bar.querySelector(".ticker");
  const button = bar.querySelector(".halt");
  if (list.children.length < 2 || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const [stop, go] = [button.textContent, button.dataset.go];
  let isStopped = false, isHovered = false, at = 0;
  const set = (stopped) => {
    isStopped = stopped;
    list.classList.toggle("moving", !stopped);
    button.textContent = stopped ? go : stop;
  };
  const onward = () => {
    if (isStopped || isHovered || document.hidden) return;
    at = (at + 1) % list.children.length;
    list.scrollTo({ top: list.children[at].offsetTop });
  };
  button.addEventListener("click", () => set(!isStopped));
  bar.addEventListener("pointerenter", () => { isHovered = true; });
  bar.addEventListener("pointerleave", () => { isHovered = false; });
  list.addEventListener("focusin", () => set(true));
  button.hidden = false;
  set(false);
  setInterval(onward, 8000);
});
