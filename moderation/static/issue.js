// What the screen of one edition gains from a script: which look is on, looking anew when the language
// changes, and a question before typed words are left behind. Everything also works without it.

const form = document.querySelector("[data-typed]");
const looks = document.querySelector("[data-looks]");

if (form) {
  let isTyped = false;
  form.addEventListener("input", () => { isTyped = true; });
  document.addEventListener("submit", event => {
    if (event.target === form) isTyped = false;
  });
  addEventListener("beforeunload", event => { if (isTyped) event.preventDefault(); });
}

if (looks) {
  const buttons = [...looks.querySelectorAll("button[name=look]")];
  const press = chosen => {
    for (const each of buttons) each.setAttribute("aria-pressed", String(each === chosen));
  };
  looks.addEventListener("submit", event => press(event.submitter));
  looks.querySelector("select").addEventListener("change", () => {
    looks.requestSubmit(buttons.find(each => each.getAttribute("aria-pressed") === "true") ?? buttons[0]);
  });
}
