// Makes the queue fast: keys, cards that are there before they are asked for, decisions on their way.
// Everything here also works without it: forms, links, <details>. It asks only our own server, runs no
// text as code, and puts nothing into the page but parsed pages of ours.

const AHEAD = 4; // cards that wait behind the open one
const GRACE_MS = 5000; // how long a number may still say why a post is not shown
const TOAST_MS = 10000;
const STAYS = new Set(["feature", "unfeature"]); // a shown post stays in its tab after these

const root = document.documentElement;
const find = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const words = () => find("[data-words]")?.dataset ?? {};
const part = { "X-Part": "1" };

/* ---- What is on the page ---- */

const card = () => find(".card:not(.next)");
const lines = () => all("[data-line]");
const lineOf = id => document.getElementById(`line-${id}`);
const parsed = text => new DOMParser().parseFromString(text, "text/html");
const isQueue = () => find("main[data-queue]") !== null;
const keysAreOn = () => document.body.dataset.keys !== "off";

async function fetched(url, options = {}) {
  const answer = await fetch(url, { credentials: "same-origin", ...options });
  return { answer, page: parsed(await answer.text()) };
}

/* ---- The line that says what was done ---- */

let hiding = 0;

function toast(...nodes) {
  const place = find("[data-toast]");
  if (!place) return;
  place.replaceChildren(...nodes);
  clearTimeout(hiding);
  if (nodes.length) hiding = setTimeout(() => hide(place), TOAST_MS);
}

function hide(place) {
  const isUsed = place.matches(":hover") || place.contains(document.activeElement) || find("[data-stays]", place);
  if (isUsed) hiding = setTimeout(() => hide(place), 2000);
  else place.replaceChildren();
}

function sentence(text, ...more) {
  const line = document.createElement("p");
  line.append(text);
  return [line, ...more];
}

function button(text, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.append(text);
  made.addEventListener("click", act);
  return made;
}

function take(page, { quietly = false } = {}) {
  const tabs = find("[data-tabs]", page), said = find("[data-toast]", page) ?? find(".problem", page);
  if (tabs) find("[data-tabs]")?.replaceChildren(...tabs.childNodes);
  if (said && !quietly) toast(...(said.matches(".problem") ? [said] : said.childNodes));
}

/* ---- Decisions on their way. One after the other; what fails stays, and says so ---- */

const pending = [];
let isSending = false;
let failed = false;
let grace = null; // a rejection that may still get its reason

async function send() {
  if (isSending) return;
  isSending = true;
  while (pending.length && !failed) await sendOne(pending[0]);
  isSending = false;
}

async function sendOne(one) {
  try {
    const { answer, page } = await fetched(one.url, { method: "POST", body: one.body, headers: part, keepalive: true });
    if (answer.status >= 500 || answer.status === 403) throw page;
    pending.shift();
    if (!answer.ok) bringBack(one);
    take(page, { quietly: answer.ok && (pending.length > 0 || grace !== null) });
    one.done?.(page, answer);
  } catch (problem) {
    failed = true;
    tellFailure(problem);
  }
}

function tellFailure(problem) {
  const again = button(words().again, sendAgain);
  again.dataset.stays = "";
  const said = problem instanceof Document ? find(".problem", problem) : null;
  const count = sentence(words().waiting.replace("{number}", pending.length))[0];
  count.className = "pending";
  toast(...(said ? [said] : sentence(words().failed)), count, again);
}

// Whoever signed in again meanwhile, in another tab, has new forms: what waits takes their token.
async function sendAgain() {
  try {
    const { page } = await fetched(location.href);
    const token = find("input[name=csrf]", page)?.value;
    if (token) for (const { body } of pending) body.set("csrf", token);
  } catch { /* the next try says so */ }
  failed = false;
  toast();
  send();
}

async function drained() {
  settle();
  await send();
  while (isSending) await new Promise(done => setTimeout(done, 20));
  return !failed;
}

function bringBack(one) {
  if (one.line && !one.line.isConnected) find("[data-list]")?.prepend(one.item);
  forget(one.id);
}

/* ---- Turning from card to card ---- */

const cards = new Map(); // those that wait behind the open one, by id
let step = 0;

function forget(id) {
  cards.get(id)?.remove();
  cards.delete(id);
}

function partOf(line) {
  const url = new URL(line.href);
  url.pathname += `/item/${line.dataset.line}`;
  url.searchParams.delete("item");
  return url;
}

async function lay(line) {
  const id = line.dataset.line;
  if (cards.has(id) || card()?.dataset.item === id) return cards.get(id);
  cards.set(id, null);
  try {
    const { answer, page } = await fetched(partOf(line), { headers: part });
    const made = answer.ok ? find(".card", page) : null;
    if (!made || !cards.has(id)) throw answer;
    document.adoptNode(made);
    put(made, id);
    return made;
  } catch {
    cards.delete(id);
    return null;
  }
}

function put(made, id) {
  made.classList.add("next");
  made.inert = true;
  find("[data-stack]").append(made);
  cards.set(id, made);
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
  const next = cards.get(line.dataset.line) ?? await lay(line);
  if (!next) return location.assign(line.href);
  const before = card();
  if (before && before !== next) {
    if (lineOf(before.dataset.item)) turnAway(before);
    else before.remove();
  }
  find("[data-stack] > .empty")?.remove();
  next.classList.remove("next");
  next.inert = false;
  cards.delete(next.dataset.item);
  mark(line, by);
  next.focus({ preventScroll: true });
  scrollTo(0, 0);
  requestIdleCallback?.(prefetch) ?? setTimeout(prefetch, 0);
}

function turnAway(before) {
  find("details.more", before)?.removeAttribute("open");
  before.classList.add("next");
  before.inert = true;
  cards.set(before.dataset.item, before);
}

function mark(line, by) {
  for (const each of lines()) each.removeAttribute("aria-current");
  line.setAttribute("aria-current", "true");
  line.scrollIntoView({ block: "nearest" });
  history.replaceState(null, "", line.href);
  const progress = find("[data-progress]"), { place, total } = progress.dataset;
  step += by;
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
  find("main").replaceWith(main);
  document.title = page.title;
  history.replaceState(null, "", url);
  tellKeys();
  (card() ?? find(".empty"))?.focus({ preventScroll: true });
  scrollTo(0, 0);
  prefetch();
}

/* ---- Deciding ---- */

function decide(form, submitter) {
  settle();
  const open = form.closest(".card"), id = open.dataset.item, line = lineOf(id);
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
  if (one.item) find("[data-list]")?.prepend(one.item);
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

async function after(page) {
  const said = [...find("[data-toast]").childNodes];
  const item = find("[data-item]", find("[data-toast]"))?.dataset.item;
  if (item) await visit(find("[data-opened]", page).dataset.opened);
  toast(...said);
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
  return target.closest?.("input, textarea, select, [contenteditable]") !== null;
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
