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
  const say = (button, text) => {
    button.textContent = said.textContent = text;
    setTimeout(() => {
      button.textContent = words.copy;
    }, 4000);
  };
  document.querySelectorAll("[data-code]").forEach((block) => {
    const line = block.querySelector("code");
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = words.copy;
    button.addEventListener("click", () =>
      copied(line).then(
        (text) => say(button, text),
        () => {
          getSelection().selectAllChildren(line);
          say(button, words.marked);
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
  document.getElementById("post").addEventListener("input", ({ target }) => {
    const [, other] = /\/p\/([a-z2-7]{12})(?:[/?#]|$)/.exec(target.value.trim()) || [];
    if (!other || other === id) return;
    parts.forEach((part) => {
      if (part.src) part.src = part.src.replaceAll(id, other);
      else part.textContent = part.textContent.replaceAll(id, other);
    });
    id = other;
  });
})();
