// The editor of a definition: it says where the caret stands, takes offered words, and leads to what is wrong.
(() => {
  const text = document.querySelector("textarea[data-editor]");
  if (!text) return;
  const place = (name) => document.querySelector(`input[data-caret="${name}"]`);

  const tell = () => {
    const before = text.value.slice(0, text.selectionStart).split("\n");
    place("line").value = before.length;
    place("column").value = before[before.length - 1].length + 1;
  };
  for (const event of ["keyup", "click", "input"]) text.addEventListener(event, tell);

  // Tab indents; Escape and then Tab leaves the field.
  let leaves = false;
  text.addEventListener("keydown", (event) => {
    if (event.key === "Escape") leaves = true;
    else if (event.key === "Tab" && !event.shiftKey && !leaves) {
      event.preventDefault();
      text.setRangeText("  ", text.selectionStart, text.selectionEnd, "end");
    } else if (event.key !== "Shift") leaves = false;
  });

  // Ctrl-Space leads to the words that may stand at the caret; arrows go through them, Enter takes one, Escape leads back.
  const offered = () => [...document.querySelectorAll("#checked [data-insert]")];
  document.addEventListener("keydown", (event) => {
    const words = offered();
    if (event.target === text && event.key === " " && event.ctrlKey && words.length) {
      event.preventDefault();
      words[0].focus();
    }
    const at = words.indexOf(event.target);
    if (at < 0) return;
    if (event.key === "Escape") text.focus();
    else if (event.key === "ArrowDown") words[Math.min(at + 1, words.length - 1)].focus();
    else if (event.key === "ArrowUp") words[Math.max(at - 1, 0)].focus();
    else return;
    event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    const word = event.target.closest("[data-insert]");
    if (word) {
      const typed = /[\w.@-]*$/.exec(text.value.slice(0, text.selectionStart))[0];
      text.setRangeText(word.dataset.insert, text.selectionStart - typed.length, text.selectionEnd, "end");
      text.focus();
      tell();
      text.dispatchEvent(new KeyboardEvent("keyup", { bubbles: true }));
    }
    const fault = event.target.closest("[data-line]");
    if (fault) {
      const lines = text.value.split("\n");
      const start = lines.slice(0, fault.dataset.line - 1).join("\n").length + (fault.dataset.line > 1 ? 1 : 0);
      text.focus();
      text.setSelectionRange(start, start + (lines[fault.dataset.line - 1] || "").length);
      text.scrollTop = (text.scrollHeight / lines.length) * (fault.dataset.line - 5);
    }
  });
})();
