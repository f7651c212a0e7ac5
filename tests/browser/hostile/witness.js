// Stands in every page that is visited, before anything of it: sees what ran, and judges what is there.
// Not part of the product; it is put in from outside, where no policy of a page reaches.

(() => {
  const ran = [], refused = [];
  // Said aloud, too: what ran in a frame, or in a page that has led elsewhere since, cannot be asked later.
  for (const name of ["alert", "confirm", "prompt", "print"]) {
    window[name] = (...given) => {
      ran.push(`${name}(${given.map(String).join().slice(0, 80)})`);
      console.info("witness: ran", ran.at(-1));
    };
  }
  document.addEventListener("securitypolicyviolation", event =>
    refused.push(`${event.effectiveDirective} ${event.blockedURI}`));

  /* ---- What readers and their machines do ---- */

  const EVENTS = ["mouseover", "mouseenter", "mousemove", "mousedown", "mouseup", "mouseout", "click", "dblclick",
    "contextmenu", "auxclick", "pointerover", "pointerenter", "pointerdown", "pointerup", "touchstart", "touchend",
    "wheel", "focus", "focusin", "blur", "focusout", "copy", "cut", "paste", "select", "selectstart", "input",
    "change", "drag", "dragstart", "drop", "scroll", "resize", "load", "error", "toggle", "beforetoggle",
    "animationstart", "animationend", "transitionend", "transitionrun", "begin", "end", "repeat", "start", "finish",
    "beforematch", "pageshow", "message", "hashchange", "canplay", "play", "loadstart", "show", "search"];
  const OURS = "a, button, summary, label, input, textarea, select, dialog, svg.icon";

  // What bubbles is told to the innermost elements only: it passes all others on its way up.
  function poke() {
    for (const details of document.querySelectorAll("main details")) details.open = true;
    for (const element of document.querySelectorAll("main, main *")) {
      if (element.closest(OURS)) continue;
      const isInnermost = [...element.children].every(child => child.matches(OURS));
      for (const name of isInnermost ? EVENTS : ["toggle"]) {
        element.dispatchEvent(new Event(name, { bubbles: name !== "toggle", cancelable: true }));
      }
    }
  }

  /* ---- What may be there ---- */

  const XHTML = "http://www.w3.org/1999/xhtml";
  // What a post's own markup may hold, whatever the program thinks of it.
  const BODY = new Set(["p", "ul", "ol", "li", "blockquote", "pre", "div", "h3", "h4", "h5", "h6", "br", "a", "abbr",
    "b", "bdi", "cite", "code", "del", "dfn", "em", "i", "ins", "kbd", "mark", "q", "s", "samp", "small", "strong",
    "sub", "sup", "u", "var"]);
  const ADDRESSES = ["href", "src", "action", "formaction", "poster", "data", "cite", "background", "ping"];
  const FOLLOWED = new Set(["http:", "https:", "mailto:"]);
  const anyItem = text => text.replace(/\b[a-z2-7]{12}\b/g, "*").replace(/\d+/g, "9");
  const bodyOf = element => element.parentElement?.closest("div.body");

  // A script or a stylesheet is known by its words: being one is not enough.
  const wordsOf = element => `${element.localName} ${element.textContent}`;
  // A drawing is known by its class: an element of it may stand there and nowhere else.
  const drawnOf = element => `${element.namespaceURI} ${element.localName} in ${element.closest("svg")?.getAttribute("class")}`;

  // Data for search engines run nowhere, and hold no "<" with which they could end before their end.
  function isData(element) {
    if (element.localName !== "script" || element.type !== "application/ld+json" || element.textContent.includes("<")) return false;
    try { JSON.parse(element.textContent); } catch { return false; }
    return true;
  }

  // Everything of a page that a template made, as "tag", "tag@attribute" and "#id": learned from pages of
  // harmless posts.
  function parts(page) {
    const found = new Set();
    for (const element of page.querySelectorAll("*")) {
      if (bodyOf(element)) continue;
      found.add(element.localName);
      if (element.matches("script, style")) found.add(wordsOf(element));
      if (element.namespaceURI !== XHTML) found.add(drawnOf(element));
      for (const { name, value } of element.attributes) {
        found.add(`${element.localName}@${name}`);
        if (name === "id" || name === "name") found.add(`#${anyItem(value)}`);
      }
    }
    return [...found];
  }

  function judged(page, known) {
    const wrong = [], ids = new Set();
    const say = (what, element) => wrong.push(`${what}: ${element.outerHTML.slice(0, 200)}`);
    for (const element of page.querySelectorAll("*")) {
      const tag = element.localName, body = bodyOf(element);
      if (!(body ? BODY : known).has(tag)) say("an element", element);
      if (element.matches("script, style") && !known.has(wordsOf(element)) && !isData(element)) say("words that act", element);
      if (element.namespaceURI !== XHTML && (body || !known.has(drawnOf(element)))) say("another namespace", element);
      for (const { name, value } of element.attributes) {
        // What our own scripts do: a card that waits cannot be reached, at the end there is no way on, and
        // a frame is as high as its page.
        if (name === "hidden" && element.matches("a[data-way], button[data-help]")) continue;
        if (name === "inert" && element.matches("article.next")) continue;
        if (tag === "iframe" && name === "style" && /^block-size: \d+px;$/.test(value)) continue;
        const isKnown = body ? tag === "a" && ["href", "rel"].includes(name) : known.has(`${tag}@${name}`);
        if (!isKnown) say(`an attribute ${name}`, element);
        if ((name === "id" || name === "name") && !known.has(`#${anyItem(value)}`)) say(`a ${name}`, element);
        if (ADDRESSES.includes(name)) address(element, name, value, say);
        if (name === "srcset") for (const one of value.split(",")) address(element, name, one.trim().split(" ")[0], say);
      }
      if (element.id && ids.has(element.id)) say("an id twice", element);
      ids.add(element.id);
    }
    return wrong;
  }

  function address(element, name, value, say) {
    const url = URL.canParse(value, location.href) ? new URL(value, location.href) : null;
    if (element.matches("head link[rel=icon]") && /^data:(image\/svg\+xml)?,/.test(value)) return;
    if (!url || !FOLLOWED.has(url.protocol)) return say(`an address in ${name}`, element);
    if (element.localName !== "a" && url.origin !== location.origin) return say(`another site in ${name}`, element);
    if (element.localName === "a" && url.origin !== location.origin && url.protocol !== "mailto:"
      && !element.matches(".foot a, .extra p a, .beside a") && !/noopener.*nofollow.*ugc/.test(element.rel)) say("a link that takes along", element);
  }

  /* ---- Where everything stands ---- */

  const isHidden = element => !element.checkVisibility() || element.closest(".unseen, .aside, .skip, .next, dialog");
  const boxOf = element => element.getBoundingClientRect();
  const nameOf = element => element.outerHTML.slice(0, 160);

  function clippedBy(element, card) {
    for (let at = element.parentElement; at && at !== card; at = at.parentElement) {
      if (getComputedStyle(at).overflow !== "visible") return true;
    }
    return getComputedStyle(card).overflow !== "visible";
  }

  function layout() {
    const wrong = [];
    if (document.documentElement.scrollWidth > innerWidth) wrong.push(`wider than its window: ${document.documentElement.scrollWidth}`);
    const cards = [...document.querySelectorAll("article, .line")].filter(card => !isHidden(card));
    const boxes = cards.map(boxOf);
    boxes.forEach((one, at) => boxes.slice(at + 1).forEach((other, behind) => {
      const isApart = one.right <= other.left + 1 || other.right <= one.left + 1 || one.bottom <= other.top + 1 || other.bottom <= one.top + 1;
      if (!isApart) wrong.push(`over its neighbour: ${nameOf(cards[at])} … ${nameOf(cards[at + 1 + behind])}`);
    }));
    cards.forEach((card, at) => {
      for (const element of card.querySelectorAll("*")) {
        if (element.closest("form.acts, svg") || isHidden(element) || !element.getClientRects().length) continue;
        const box = boxOf(element), edge = boxes[at];
        const isInside = box.left >= edge.left - 1 && box.right <= edge.right + 1 && box.top >= edge.top - 1 && box.bottom <= edge.bottom + 1;
        if (!isInside && !clippedBy(element, card)) wrong.push(`out of its card: ${nameOf(element)}`);
      }
    });
    return wrong;
  }

  // A button that is seen must be what a click there reaches.
  function covered() {
    const wrong = [];
    for (const button of document.querySelectorAll(".card:not(.next) form.acts .big > button, .card:not(.next) .big > details > summary")) {
      const box = boxOf(button), x = box.left + box.width / 2, y = box.top + box.height / 2;
      if (y < 0 || y > innerHeight || x < 0 || x > innerWidth) { wrong.push(`out of sight: ${nameOf(button)}`); continue; }
      const there = document.elementFromPoint(x, y);
      if (!button.contains(there)) wrong.push(`${nameOf(button)} is covered by ${there && nameOf(there)}`);
    }
    return wrong;
  }

  // Our own words beside a hostile name read from left to right, on the line where they stand.
  function reversed(words) {
    const wrong = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = walker.currentNode;
      if (isHidden(node.parentElement)) continue;
      const at = index => {
        const range = document.createRange();
        range.setStart(node, index);
        range.setEnd(node, index + 1);
        return boxOf(range);
      };
      for (const word of words) {
        const start = node.data.indexOf(word);
        if (start < 0) continue;
        const first = at(start), last = at(start + word.length - 1);
        if (first.width && first.top === last.top && first.left > last.left) wrong.push(`reversed: ${node.data.slice(0, 200)}`);
      }
    }
    return wrong;
  }

  const frames = () => [...document.querySelectorAll("iframe")].map(frame => frame.contentDocument).filter(Boolean);
  // What happened in this page, and what of it should not be there.
  function report(known) {
    const all = new Set(known);
    return {
      ran: [...ran, ...("hostile" in window ? [`hostile=${window.hostile}`] : [])],
      refused,
      wrong: [document, ...frames()].flatMap(page => judged(page, all)),
    };
  }

  /* ---- Reading pages as the browser would, without opening them ---- */

  const parsed = text => new DOMParser().parseFromString(text, "text/html");
  const asked = (path, isPart) => fetch(path, { headers: isPart ? { "X-Part": "1" } : {} });

  async function inBatches(paths, work) {
    const done = [];
    for (let at = 0; at < paths.length; at += 6) done.push(...await Promise.all(paths.slice(at, at + 6).map(work)));
    return done;
  }

  async function inspected(paths, known, isPart) {
    const wrong = [], headlines = {}, all = new Set(known);
    await inBatches(paths, async path => {
      const answer = await asked(path, isPart), page = parsed(await answer.text());
      if (!answer.ok) wrong.push(`${path} answered ${answer.status}`);
      wrong.push(...judged(page, all).map(one => `${path} ${one}`));
      headlines[path] = page.querySelector("h1")?.textContent ?? "";
    });
    return [wrong, headlines];
  }

  const witness = {
    poke, layout, covered, report, inspected,
    parts: () => [document, ...frames()].flatMap(parts),
    async look(known, words) {
      poke();
      await new Promise(done => setTimeout(done, 0));
      return { ...report(known), laid: [...layout(), ...reversed(words)] };
    },
    read: (texts, known) => {
      const all = new Set(known);
      return texts.flatMap(text => judged(parsed(text), all));
    },
    learn: texts => [...new Set(texts.flatMap(text => parts(parsed(text))))],
    fetched: (paths, isPart) => inBatches(paths, async path => (await asked(path, isPart)).text()),
    // What programs that read feeds take for markup.
    async inFeeds(paths, known) {
      const wrong = [], all = new Set(known);
      await inBatches(paths, async path => {
        const text = await (await asked(path)).text();
        const entries = path.endsWith(".json") ? JSON.parse(text).items.map(item => item.content_html ?? "")
          : [...new DOMParser().parseFromString(text, "application/xml").querySelectorAll("item > title, item > description, item > *|encoded")].map(each => each.textContent);
        for (const entry of entries) {
          wrong.push(...judged(parsed(`<div class="body"><div>${entry}</div></div>`), all).map(one => `${path} ${one}`));
        }
      });
      return wrong;
    },
    async spoken(paths) {
      const found = new Set();
      await inBatches(paths, async path => {
        const page = new DOMParser().parseFromString(await (await asked(path)).text(), "application/xml");
        for (const element of page.querySelectorAll("*")) found.add(`${element.namespaceURI ?? ""} ${element.localName}`);
      });
      return [...found];
    },
  };
  Object.defineProperty(window, "witness", { value: Object.freeze(witness) });
})();
