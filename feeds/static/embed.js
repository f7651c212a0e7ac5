// <engaged-feed>: a campaign's posts on a library's page. What stands inside it, a link, is what shows
// without us: no script, no answer, an old browser, a strict page. So nothing here may throw or shout.
// Attributes: view, lang, limit, layout, theme, heading, stats, src. The link says which campaign, and where.
// Sent as scripts.py shortens it: a comment has its line to itself, a statement ends in `;` or `}`.
(() => {
  "use strict";
  const NAME = "engaged-feed";
  if (!window.customElements || !document.adoptedStyleSheets || customElements.get(NAME)) return;

  // A post that is taken down leaves open pages within two minutes: 90 s, and the answer's own way.
  const AGAIN_MS = 9e4;
  const SOON_MS = 2e4;
  // The first answer may be a copy that the browser kept for 90 s: it is asked about before it is much older.
  const FIRST_MS = 25e3;
  const PATIENCE_MS = 5e3;
  // Who cannot ask whether the posts still stand shows none after half an hour.
  const WITHOUT_US_MS = 18e5;
  const MOST_BYTES = 524288;
  const WIDE_PX = 560;

  const QUIETLY = { credentials: "omit", referrerPolicy: "no-referrer" };
  const mayCount = !navigator.globalPrivacyControl && navigator.doNotTrack !== "1";
  const feeds = new Map();
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("EMBED_CSS");

  const text = (value) => (typeof value === "string" ? value : "");
  const web = (value) => (/^https?:\/\//i.test(value) ? value : "");
  const own = (value) => value._engaged || {};
  const within = (value, least, most) => Math.min(Math.max(value, least), most);

  // Never innerHTML, never a style attribute: pages may refuse both.
  const make = (tag, part, properties, ...children) => {
    const made = document.createElement(tag);
    if (part) made.className = made.part = part;
    Object.assign(made, properties);
    made.append(...children.filter(Boolean));
    return made;
  };
  const name = (value) => value && make("bdi", "", {}, value);
  const link = (part, href, child) =>
    make(href ? "a" : "span", part, href && { href, target: "_blank", rel: "noopener", ...QUIETLY }, child);

  const picture = (found, sizes) => {
    const { base, widths, formats, alt, width: w, height: h, credit, licence, colour, whole } = own(found);
    const srcset = (form) => widths.map((each) => `${web(base)}-${each}.${form} ${each}w`).join();
    const size = { width: w | 0, height: h | 0 };
    const image = make("img", "", { loading: "lazy", decoding: "async", ...QUIETLY, ...size, alt: text(alt) });
    image.style.backgroundColor = colour;
    const source = (form) => make("source", "", { type: `image/${form}`, srcset: srcset(form), sizes });
    const sources = formats.filter((form) => form !== "jpg").map(source);
    const all = make("picture", "", {}, ...sources, image);
    const line = [credit, licence].filter(Boolean).join(" · ");
    const made = make(line ? "figure" : "div", whole ? "image whole" : "image", {}, all);
    if (line) made.append(make("figcaption", "credit", {}, name(line)));
    image.onerror = () => made.remove();
    image.src = web(found.url);
    return made;
  };

  const card = (item, feed, words, tag, sizes, counts) => {
    const it = own(item);
    const title = text(item.title);
    const lang = text(item.language);
    const network = text(it.network);
    const author = text(item.authors?.[0]?.name) || network;
    const href = web(item.url);
    const to = link("", href && counts ? `${href}?v=${feed.view}` : href, title || name(author));
    if (!title) to.ariaLabel = text(words.by).replace("{author}", () => author);
    const warning = text(it.warning);
    const said = warning ? text(item.content_text).slice(warning.length + 2) : text(it.text ?? item.content_text);
    const body = said && make("p", "text", { lang }, said);
    const found = words.picture && item.attachments?.find((each) => own(each).base);
    const when = words.date && text(it.date);
    const meta = [
      ...[title && author, text(it.library), words.network && author !== network && network].map(name),
      when && make("time", "", { dateTime: text(it.published), dir: text(words.dir) }, when),
    ];
    const made = make(
      "article",
      found ? "card pictured" : "card",
      { dir: text(it.dir) || "auto" },
      found && picture(found, sizes),
      make(
        "div",
        "body",
        {},
        make(tag, "title", title && { lang }, to),
        warning ? make("details", "", {}, make("summary", "", {}, name(warning)), body) : body,
        make("p", "meta", {}, ...meta.filter(Boolean).flatMap((each) => [" · ", each]).slice(1)),
      ),
    );
    if (counts) {
      made.seen = () => feed.seen.add(item.id);
      inSight.observe(made);
    }
    return make("li", "", {}, made);
  };

  // Posts in one row, which nothing moves but a hand: two buttons, and behind the last post is the first.
  const row = (list, words, way) => {
    const step = (name, sign, by) => {
      const onclick = () => {
        const was = list.scrollLeft;
        list.scrollBy(by * list.firstChild.offsetWidth, 0);
        if (list.scrollLeft === was) list.scrollTo(by * -1e6, 0);
      };
      return make("button", "step", { ariaLabel: name, onclick }, sign);
    };
    const steps = make("div", "steps", {}, step(words.back, "❮", -way), " ", step(words.on, "❯", way));
    list.fit = () => (steps.hidden = list.scrollWidth < list.clientWidth + 2);
    return [steps, list];
  };

  // Counted is a post of which half was in sight for a second, once in a page's life. Nobody is named.
  const inSight = new IntersectionObserver(
    (entries) =>
      entries.forEach(({ target, isIntersecting }) => {
        clearTimeout(target.waits);
        if (isIntersecting) target.waits = setTimeout(target.seen, 1e3);
      }),
    { threshold: 0.5 },
  );
  addEventListener("pagehide", () =>
    feeds.forEach(({ hub, view, seen }) => {
      const n = seen.size;
      seen.clear();
      const body = JSON.stringify({ view, host: location.hostname, n });
      if (n) fetch(`${hub}count`, { ...QUIETLY, method: "POST", keepalive: true, body }).catch(() => {});
    }),
  );

  const read = async (url, cache) => {
    const stop = new AbortController();
    const late = setTimeout(() => stop.abort(), PATIENCE_MS);
    try {
      const answer = await fetch(url, { ...QUIETLY, cache, signal: stop.signal });
      const reader = answer.body.getReader();
      const decoder = new TextDecoder();
      let all = "";
      for (let bytes = 0; answer.ok && bytes < MOST_BYTES; ) {
        const { done, value } = await reader.read();
        if (done) return all;
        bytes += value.length;
        all += decoder.decode(value, { stream: true });
      }
    } finally {
      clearTimeout(late);
      stop.abort();
    }
  };
  const look = async (feed) => {
    const cache = feed.asked ? "no-cache" : "default";
    feed.asked = Date.now();
    try {
      const answer = await read(feed.url, cache);
      const data = JSON.parse(answer);
      data.items.map(own);
      feed.heard = Date.now();
      if (answer === feed.answer) return;
      feed.answer = answer;
      feed.data = data;
    } catch {
      if (!feed.data || Date.now() - feed.heard < WITHOUT_US_MS) return;
      feed.answer = feed.data = null;
    }
    feed.elements.forEach((each) => each.draw());
  };
  const lookAgain = () =>
    feeds.forEach((feed) => {
      if (!document.hidden && feed.elements.size && Date.now() - feed.asked > SOON_MS) look(feed);
    });
  document.addEventListener("visibilitychange", lookAgain);
  setInterval(lookAgain, AGAIN_MS);

  const near = new IntersectionObserver(
    (entries) => entries.forEach(({ target, isIntersecting }) => isIntersecting && target.begin()),
    { rootMargin: "300px" },
  );
  const resized = new ResizeObserver((entries) => entries.forEach(({ target }) => target.fit()));

  class EngagedFeed extends HTMLElement {
    static observedAttributes = ["view", "lang", "limit", "layout", "heading", "stats", "src"];

    constructor() {
      super();
      this.attachShadow({ mode: "open" }).adoptedStyleSheets = [sheet];
      this.draw();
    }

    connectedCallback() {
      near.observe(this);
      resized.observe(this);
    }

    disconnectedCallback() {
      this.feed?.elements.delete(this);
    }

    attributeChangedCallback() {
      near.observe(this);
    }

    begin() {
      near.unobserve(this);
      const src = this.getAttribute("src");
      const from = src ? link("", src) : this.querySelector("a[href]");
      const campaign = web(from?.href) && from.pathname.split("/")[1];
      // The script may be quicker than the page: the link is not read yet.
      if (!campaign) return addEventListener("DOMContentLoaded", () => this.begin(), { once: true });
      this.disconnectedCallback();
      const hub = `${from.origin}/${campaign}/`;
      const view = encodeURIComponent(this.getAttribute("view") || "featured");
      const url = `${hub}${this.lang && encodeURIComponent(this.lang.toLowerCase()) + "/"}v/${view}.json`;
      const feed = feeds.get(url) || { url, hub, view, elements: new Set(), seen: new Set() };
      feeds.set(url, feed);
      this.feed = feed;
      feed.elements.add(this);
      this.draw();
      if (!feed.asked) look(feed).then(() => setTimeout(lookAgain, FIRST_MS));
    }

    fit() {
      const root = this.shadowRoot;
      root.firstChild.classList.toggle("wide", this.clientWidth >= WIDE_PX);
      root.querySelector(".posts")?.fit?.();
    }

    draw() {
      const root = this.shadowRoot;
      const stood = root.activeElement?.href;
      try {
        root.replaceChildren(this.drawn(this.feed, this.feed.data));
        this.fit();
      } catch {
        root.replaceChildren(make("slot"));
      }
      // Whoever stood on a link stands on it again.
      if (stood) [...root.querySelectorAll("a")].find(({ href }) => href === stood)?.focus({ preventScroll: true });
    }

    drawn(feed, data) {
      const words = own(data);
      const asked = (attribute) => this.getAttribute(attribute) | 0;
      const layout = this.getAttribute("layout") || words.layout;
      const isOne = layout === "featured";
      const isRow = layout === "carousel" && words.carousel;
      const known = isOne || layout === "list" ? layout : isRow ? "grid row" : "grid";
      const level = within(asked("heading") || words.heading_level || 2, 1, 5);
      const most = within(asked("limit") || (isOne ? 1 : 20), 1, 20);
      // A large picture may be drawn a little larger than it is: on a wide page the next one weighs twice.
      const sizes = isOne ? `${within(this.clientWidth, 160, 480)}px` : "auto, 400px";
      const counts = mayCount && this.getAttribute("stats") !== "off";
      const post = (item) => card(item, feed, words, `h${level + 1}`, sizes, counts);
      const posts = data.items.slice(0, most).map(post);
      const more = text(words.more);
      const heading = text(words.heading);
      const region = isRow && { role: "region", ariaRoleDescription: isRow.name, ariaLabel: heading };
      const all = posts[0] ? make("ul", "posts", { role: "list" }, ...posts) : make("p", "empty", {}, text(words.empty));
      return make(
        "div",
        `feed ${known}`,
        { lang: text(words.language), dir: text(words.dir), ...region },
        make(`h${level}`, "heading", {}, name(heading)),
        ...(isRow && posts[1] ? row(all, isRow, words.dir === "rtl" ? -1 : 1) : [all]),
        more && link("more", web(data.home_page_url), more),
      );
    }
  }

  customElements.define(NAME, EngagedFeed);
})();
