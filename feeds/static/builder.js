// Adds what only a script can: buttons that copy, and another post in place of the newest one.
// Without it the page works: a click on a line marks all of it.
(() => {
  "use strict";
  const page = document.querySelector("main");
  const said = document.getElementById("said");
  const words = page.dataset;

  const copied = async (line) => {
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(line.textContent);
      return words.copied;
    }
    // Over plain http a browser lets no script near the clipboard: the line is marked instead.
    getSelection().selectAllChildren(line);
    return words.marked;
  };
  // Heard out of its place, a button says which line it copies.
  const named = (button, line) => {
    button.textContent = words.copy;
    button.setAttribute("aria-label", `${words.copy}: ${line.parentElement.getAttribute("aria-label")}`);
  };
  const say = (button, line, text) => {
    button.removeAttribute("aria-label");
    button.textContent = said.textContent = text;
    setTimeout(named, 4000, button, line);
  };
  document.querySelectorAll("[data-code]").forEach((block) => {
    const line = block.querySelector("code");
    const button = document.createElement("button");
    button.type = "button";
    named(button, line);
    button.addEventListener("click", () =>
      copied(line).then(
        (text) => say(button, line, text),
        () => {
          getSelection().selectAllChildren(line);
          say(button, line, words.marked);
        },
      ),
    );
    block.append(button);
  });

  const chooser = document.querySelector("[data-other]");
  if (!chooser) return;
  chooser.hidden = false;
  const own = `.${chooser.dataset.other}`;
  const parts = [...document.querySelectorAll(`${own} code, ${own} iframe`)];
  let id = words.post;
  const show = (other) => {
    if (!other || other === id) return;
    parts.forEach((part) => {
      if (part.src) part.src = part.src.replaceAll(id, other);
      else part.textContent = part.textContent.replaceAll(id, other);
    });
    id = other;
  };
  const field = document.getElementById("post");
  field.addEventListener("input", () => {
    const [, other] = /\/p\/([a-z2-7]{12})(?:[/?#]|$)/.exec(field.value.trim()) || [];
    show(other);
  });
  // From the page of a post: that one is chosen, and stands in the field for other posts.
  const [, asked] = /^#([a-z2-7]{12})$/.exec(location.hash) || [];
  if (asked) {
    document.getElementById(chooser.dataset.other).checked = true;
    field.value = field.placeholder.replace("…", asked);
    show(asked);
  }
})();
