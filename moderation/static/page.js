// What every screen gains from a script: times in words, a button that copies, menus that close again.
// Everything here also works without it. It asks only our own server, and runs no text as code.

const find = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

/* ---- Times, copying, frames ---- */

const STEPS = [["year", 31536000], ["month", 2592000], ["week", 604800], ["day", 86400], ["hour", 3600], ["minute", 60]];
const relative = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });

function ago(time) {
  const seconds = (Date.parse(time.dateTime) - Date.now()) / 1000;
  if (Number.isNaN(seconds)) return "";
  const [unit, size] = STEPS.find(([, each]) => Math.abs(seconds) >= each) ?? ["minute", 60];
  return relative.format(Math.trunc(seconds / size), unit);
}

function tellAges(within) {
  for (const time of all("time[data-ago]", within)) {
    const span = document.createElement("span");
    span.textContent = ` (${ago(time)})`;
    time.append(span);
    time.removeAttribute("data-ago");
  }
  for (const time of all("time[data-brief]", within)) {
    time.title = time.textContent;
    time.textContent = ago(time) || time.textContent;
    time.removeAttribute("data-brief");
  }
}

// A frame has the height that its layout declares; a longer page in it gets its own.
function fit(frame) {
  const size = () => {
    const needed = frame.contentDocument?.documentElement?.scrollHeight ?? 0;
    if (needed > frame.clientHeight + 1) frame.style.blockSize = `${needed}px`;
  };
  frame.addEventListener("load", size);
  size();
}

async function copy(button) {
  const field = document.getElementById(button.dataset.copy);
  const label = find("span", button);
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    field.select(); // over plain http there is no clipboard: the line is marked, and the keys copy it
    if (!document.execCommand("copy")) return;
  }
  const before = label.textContent;
  label.textContent = find("[data-words]").dataset.copied;
  setTimeout(() => { label.textContent = before; }, 2000);
}

function prepare(within) {
  tellAges(within);
  for (const frame of all("iframe[data-fit]", within)) fit(frame);
  for (const button of all("[data-copy]", within)) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }
}

/* ---- Menus ---- */

function closeMenus(except = null) {
  for (const each of all("details.more[open], details.menu[open]")) {
    if (each.contains(except)) continue;
    each.open = false;
    if (!except && each.contains(document.activeElement)) find("summary", each).focus();
  }
}

document.addEventListener("click", event => closeMenus(event.target));
document.addEventListener("keydown", event => { if (event.key === "Escape") closeMenus(); });

/* ---- First steps keep up by themselves ---- */

async function keepUp(live) {
  if (document.hidden || live.contains(document.activeElement)) return;
  try {
    const answer = await fetch(live.dataset.live, { credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = find("[data-live]", page);
    if (!now) return;
    const before = live.dataset.was ?? "", after = now.textContent;
    live.dataset.was = after;
    if (before === after || !before) return;
    live.replaceChildren(...now.childNodes);
  } catch { /* the next try follows */ }
}

const live = find("[data-live]");
if (live) setInterval(() => keepUp(live), 4000);

document.documentElement.classList.add("js");
prepare(document);
// Cards and lists come later: whatever is added is prepared as well.
new MutationObserver(changes => {
  for (const { addedNodes } of changes) {
    for (const node of addedNodes) if (node.nodeType === Node.ELEMENT_NODE) prepare(node);
  }
}).observe(document.body, { childList: true, subtree: true });
