// Makes the queue fast: decisions on their way. queue.js goes on here, and is served as one module with it.
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
  await send();
  if (!failed && "decided" in (card()?.dataset ?? {}) && wanted) show(wanted); // its successor could not be had before
}

async function drained() {
  settle();
  await send();
  while (isSending) await new Promise(done => setTimeout(done, 20));
  return !failed;
}

function bringBack(one) {
  one.line?.removeAttribute("aria-current");
  if (one.line && !one.line.isConnected) find("[data-list]")?.prepend(one.item);
  forget(one.id);
  if (card()?.dataset.item === one.id) delete card().dataset.decided; // its successor is still on its way
}
