// Two buttons and "3 of 10" for a row that scrolls by itself as it is. Nothing here moves without a hand.
document.querySelectorAll(".carousel").forEach((carousel) => {
  "use strict";
  const track = carousel.querySelector(".track");
  const stops = [...track.children];
  const [back, on] = carousel.querySelectorAll(".step");
  const place = carousel.querySelector(".place");
  const isMirrored = getComputedStyle(track).direction === "rtl";
  // How far a stop stands from where the row begins, in the direction of reading.
  const away = (stop) => {
    const [one, row] = [stop.getBoundingClientRect(), track.getBoundingClientRect()];
    return isMirrored ? row.right - one.right : one.left - row.left;
  };
  const seen = () => stops.flatMap((stop, at) => {
    const from = away(stop);
    return from > -8 && from + stop.offsetWidth < track.clientWidth + 8 ? [at] : [];
  });
  const tell = () => {
    const there = seen();
    if (!there.length) return;
    const [first, last] = [there[0], there.at(-1)];
    const said = first === last ? `${first + 1}` : `${first + 1}–${last + 1}`;
    const text = place.dataset.all.replace("{place}", said);
    if (place.textContent !== text) place.textContent = text;
    back.setAttribute("aria-disabled", first === 0);
    on.setAttribute("aria-disabled", last === stops.length - 1);
    carousel.querySelector(".steps").hidden = there.length === stops.length;
  };
  const step = (by) => {
    const there = seen();
    const next = stops[there[0] + by];
    if (next) track.scrollBy({ left: (isMirrored ? -1 : 1) * (away(next) - 4) });
  };
  back.addEventListener("click", () => back.ariaDisabled === "true" || step(-1));
  on.addEventListener("click", () => on.ariaDisabled === "true" || step(1));
  let soon;
  track.addEventListener("scroll", () => { clearTimeout(soon); soon = setTimeout(tell, 120); }, { passive: true });
  addEventListener("resize", tell);
  carousel.querySelector(".steps").hidden = false;
  tell();
});
