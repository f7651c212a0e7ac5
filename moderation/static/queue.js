// Goes on where sending.js ends: cards that are there before they are asked for, deciding, keys.

/* ---- Turning from card to card ---- */

const cards = new Map(); // those that wait behind the open one, by id
let step = 0;
let wanted = null; // the line asked for last: a card that comes late must not push itself before it

function forget(id) {
  const known = cards.get(id);
  cards.delete(id);
  if (known instanceof Element) known.remove();
}

function partOf(line) {
  const url = new URL(line.href);
  url.pathname += `/item/${line.dataset.line}`;
  url.searchParams.delete("item");
  return url;
}

// Give the card of a line, fetched at most once; null when it cannot be had.
function lay(line) {
  const id = line.dataset.line;
  if (cards.has(id)) return cards.get(id);
  if (card()?.dataset.item === id) return card();
  const coming = fetchCard(line).catch(() => null).then(made => { if (!made && cards.get(id) === coming) cards.delete(id); return made; });
  cards.set(id, coming);
  return coming;
}

async function fetchCard(line) {
  const { answer, page } = await fetched(partOf(line), { headers: part });
  const made = answer.ok ? find(".card", page) : null;
  if (!made || !cards.has(line.dataset.line)) return null;
  document.adoptNode(made);
  putAway(made);
  find("[data-stack]").append(made);
  return made;
}

function putAway(made) {
  made.classList.add("next");
  made.inert = true;
  cards.set(made.dataset.item, made);
}

function prefetch() {
  const there = lines(), at = there.indexOf(lineOf(card()?.dataset.item));
  const wanted = there.slice(at + 1, at + 1 + AHEAD);
  const keep = new Set([...wanted, there[at - 1]].filter(Boolean).map(line => line.dataset.line));
  for (const id of cards.keys()) if (!keep.has(id)) forget(id);
  wanted.forEach(lay);
  if (there.length - at < AHEAD * 2) lengthen();
}

let isLengthening = false;

async function lengthen() {
  const further = find("[data-further]");
  if (!further || isLengthening) return;
  isLengthening = true;
  try {
    const { page } = await fetched(further.href);
    for (const item of all("[data-list] > li", page)) {
      if (!lineOf(find("[data-line]", item).dataset.line)) find("[data-list]").append(item);
    }
    const next = find("[data-further]", page);
    if (next) further.href = next.getAttribute("href");
    else further.closest("p").remove();
  } finally {
    isLengthening = false;
  }
}

async function show(line, by = 0) {
  step += by;
  wanted = line;
  const known = lay(line);
  const next = known instanceof Element ? known : await known; // what is there needs no waiting
  if (wanted !== line) return;
  if (!next) return leaveFor(line);
  const before = card();
  if (before && before !== next) {
    if (lineOf(before.dataset.item) && !("decided" in before.dataset)) turnAway(before);
    else before.remove();
  }
  find("[data-stack] > .empty")?.remove();
  next.classList.remove("next");
  next.inert = false;
  cards.delete(next.dataset.item);
  mark(line);
  next.focus({ preventScroll: true });
  scrollTo(0, 0);
  setTimeout(prefetch, 0); // after the paint
}

// Open a page whose card cannot be had, once nothing waits: what could not be sent would be lost with this page.
async function leaveFor(line) {
  if (await drained() && wanted === line) location.assign(line.href);
}

function turnAway(before) {
  find("details.more", before)?.removeAttribute("open");
  putAway(before);
}

function mark(line) {
  for (const each of lines()) each.removeAttribute("aria-current");
  line.setAttribute("aria-current", "true");
  line.scrollIntoView({ block: "nearest" });
  history.replaceState(null, "", line.href);
  const progress = find("[data-progress]"), { place, total } = progress.dataset;
  if (place) progress.textContent = words().progress.replace("{place}", Number(place) + step).replace("{total}", total);
  const there = lines(), at = there.indexOf(line);
  point("back", there[at - 1]);
  point("on", there[at + 1]);
}

function point(way, line) {
  const link = find(`[data-way="${way}"]`);
  if (!link) return;
  link.hidden = !line;
  if (line) link.href = line.href;
}

function move(by) {
  const there = lines(), at = there.indexOf(lineOf(card()?.dataset.item));
  const next = there[at + by];
  if (next) show(next, by);
}

async function visit(url) {
  if (!await drained()) return;
  const { page } = await fetched(url);
  const main = find("main", page);
  if (!main) return location.assign(url);
  cards.clear();
  step = 0;
  wanted = null;
  const said = [...find("[data-toast]").childNodes];
  find("main").replaceWith(main);
  toast(...said);
  document.title = page.title;
  history.replaceState(null, "", url);
  tellKeys();
  (card() ?? find(".empty"))?.focus({ preventScroll: true });
  scrollTo(0, 0);
  prefetch();
}

/* ---- Deciding ---- */

function decide(form, submitter) {
  const open = form.closest(".card"), id = open.dataset.item, line = lineOf(id);
  if ("decided" in open.dataset) return; // the next card is on its way: nobody decides on what they have not seen
  open.dataset.decided = "";
  settle();
  const one = { url: form.getAttribute("action"), body: new URLSearchParams(new FormData(form, submitter)), id, line, item: line?.parentElement };
  if (STAYS.has(submitter.value) && find("main").dataset.where === "shown") {
    one.done = () => renew(line);
    pending.push(one);
    return send();
  }
  if (submitter.value === "reject") offerReasons(one);
  else push(one);
  leave(line);
}

function push(one) {
  pending.push(one);
  send();
}

function leave(line) {
  const there = lines(), at = there.indexOf(line);
  const next = there[at + 1] ?? there[at - 1];
  line?.parentElement.remove();
  if (next) return show(next, 1);
  return visit(find("[data-further]")?.href ?? find("[data-tabs] [aria-current]").href);
}

async function renew(line) {
  card()?.remove();
  if (line) await show(line);
}

function offerReasons(one) {
  const whys = document.createElement("div");
  whys.className = "whys";
  for (const [key, label] of reasons()) {
    const made = button(label, () => settle(key));
    const sign = document.createElement("kbd");
    sign.textContent = key;
    sign.setAttribute("aria-hidden", "true");
    made.prepend(sign);
    whys.append(made);
  }
  const back = button(words().undo, () => unsaid(one));
  grace = { one, timer: setTimeout(() => settle(), GRACE_MS) };
  toast(...sentence(`${words().rejected} ${words().why}`), back, whys);
}

const reasons = () => all("[data-reasons-words] li").map((item, at) => [String(at + 1), item.textContent]);
const codes = () => all("[data-reasons-words] li").map(item => item.dataset.code);

// Send the rejection that waits for its reason, with the reason when there is one.
function settle(key = "") {
  if (!grace) return;
  const { one, timer } = grace;
  clearTimeout(timer);
  grace = null;
  if (key) one.body.set("reason", codes()[Number(key) - 1] ?? "");
  push(one);
}

// Take back a rejection that was not even sent.
function unsaid(one) {
  clearTimeout(grace?.timer);
  grace = null;
  toast();
  bringBack(one);
  if (one.line) show(one.line, -1);
}

async function undo(form) {
  if (grace) return unsaid(grace.one);
  const body = form ? new URLSearchParams(new FormData(form)) : new URLSearchParams({
    csrf: find("input[name=csrf]")?.value ?? find("[data-words]").dataset.csrf,
    state: find("main").dataset.where,
  });
  if (!await drained()) return;
  const url = form?.getAttribute("action") ?? words().undoAt;
  push({ url, body, done: (page, answer) => { if (answer.ok) after(page); } });
}

function after(page) {
  const item = find("[data-toast] [data-item]")?.dataset.item;
  if (item) visit(find("[data-opened]", page).dataset.opened);
}

/* ---- Keys ---- */

function press(key) {
  const there = card(), wanted = there && find(`[data-key="${key}"]`, there);
  if (!wanted) return;
  find("details.more", there)?.removeAttribute("open");
  wanted.form.requestSubmit(wanted);
}

function toggle(selector) {
  const found = card() && find(selector, card());
  if (!found) return;
  found.open = !found.open;
  found.scrollIntoView({ block: "nearest" });
}

const KEYS = {
  j: () => isQueue() && move(1),
  k: () => isQueue() && move(-1),
  a: () => press("a"), r: () => press("r"), h: () => press("h"), f: () => press("f"),
  z: () => isQueue() && words().undoAt && undo(),
  o: () => { const link = find(".card:not(.next) [data-original] a"); if (link) open(link.href, "_blank", "noopener"); },
  d: () => toggle("[data-diff]"),
  v: () => toggle("[data-reveal]"),
  "?": () => find("[data-keys-help]")?.showModal(),
};

function isTyping(target) {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable]") !== null;
}

document.addEventListener("keydown", event => {
  const isShortcut = event.ctrlKey || event.altKey || event.metaKey || event.isComposing;
  if (isShortcut || !keysAreOn() || isTyping(event.target) || find("dialog[open]")) return;
  if (grace && /^[1-9]$/.test(event.key)) { event.preventDefault(); return settle(event.key); }
  const act = Object.hasOwn(KEYS, event.key) ? KEYS[event.key] : null;
  if (!act) return;
  event.preventDefault();
  act();
});

/* ---- Clicks and forms ---- */

document.addEventListener("submit", event => {
  const form = event.target;
  if (!isQueue() || !event.submitter && form.matches("[data-acts]")) return;
  if (form.matches("[data-acts]")) { event.preventDefault(); decide(form, event.submitter); }
  else if (form.matches("[data-undo]")) { event.preventDefault(); undo(form); }
});

document.addEventListener("click", event => {
  const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  if (!isPlain || !isQueue()) return;
  const line = event.target.closest("[data-line]"), way = event.target.closest("[data-way]"), look = event.target.closest("[data-look]");
  if (line && matchMedia("(min-width: 820px)").matches) { event.preventDefault(); show(line); }
  else if (way) { event.preventDefault(); move(way.dataset.way === "on" ? 1 : -1); }
  else if (look) { event.preventDefault(); visit(look.href); }
  if (event.target.closest("[data-help]")) KEYS["?"]();
});

addEventListener("pagehide", () => {
  if (grace) { const { one } = grace; grace = null; fetch(one.url, { method: "POST", body: one.body, headers: part, keepalive: true }); }
});
addEventListener("beforeunload", event => { if (failed && pending.length) event.preventDefault(); });

/* ---- Begin ---- */

function tellKeys() {
  for (const button of all("[data-help]")) button.hidden = !keysAreOn();
}

if (keysAreOn() && matchMedia("(hover: hover)").matches) root.classList.add("has-keys");
tellKeys();
if (isQueue()) prefetch();
const told = find("[data-toast]");
if (isQueue() && told?.childElementCount) hiding = setTimeout(() => hide(told), TOAST_MS);
