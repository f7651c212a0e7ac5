// Shows the buttons that copy the words beside them. Without it the words can be selected by hand.
(() => {
  "use strict";
  for (const button of document.querySelectorAll("button.copy")) {
    const words = document.getElementById(button.dataset.words);
    const done = button.parentElement.querySelector("[role=status]");
    button.hidden = false;
    button.addEventListener("click", async () => {
      words.select();
      try {
        await navigator.clipboard.writeText(words.value);
      } catch {
        document.execCommand("copy");
      }
      done.textContent = button.dataset.done;
    });
  }
})();
