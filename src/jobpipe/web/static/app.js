// What pages do by themselves. Each works without it, but for what updates by itself.
(() => {
  const root = document.documentElement;
  const isDark = () =>
    root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;

  // On a narrow screen menus are one row: where one is must be seen.
  document.querySelectorAll("nav > [aria-current]").forEach((here) => {
    const row = here.parentElement;
    row.scrollLeft = here.offsetLeft - row.offsetLeft - 40;
  });

  // What only this script can do is not offered without it.
  document.querySelectorAll("[data-copy][hidden]").forEach((button) => (button.hidden = false));

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-theme-switch]")) {
      root.dataset.theme = isDark() ? "light" : "dark";
      localStorage.setItem("theme", root.dataset.theme);
    }
    const copied = event.target.closest("[data-copy]");
    if (copied) navigator.clipboard.writeText(copied.dataset.copy).then(() => copied.matches(".copy") && (copied.textContent = "copied"));
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });

  // A form with `data-confirm` asks first.
  document.addEventListener("submit", (event) => {
    const asked = event.target.dataset.confirm;
    if (asked && !confirm(asked)) event.preventDefault();
  });

  // Ctrl-K leads to the jump box; arrows go through what it found, Escape closes it.
  const jump = document.querySelector("[data-jump]");
  if (jump) {
    const field = jump.querySelector("input"), found = jump.querySelector("#jump-found");
    const close = () => found.replaceChildren();
    document.addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") { event.preventDefault(); field.focus(); field.select(); }
    });
    jump.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { close(); field.focus(); }
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
      const stops = [field, ...found.querySelectorAll("a")];
      const next = stops[stops.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1)];
      if (next) { event.preventDefault(); next.focus(); }
    });
    document.addEventListener("click", (event) => { if (!jump.contains(event.target)) close(); });
  }

  // `/` leads to the search field of the page, else to the jump box; j and k go through rows, Enter opens one, x ticks it.
  document.addEventListener("keydown", (event) => {
    if (event.target.closest("input, textarea, select, [contenteditable]") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") {
      const field = document.querySelector("[data-search]") || document.querySelector("[data-jump] input");
      if (field) { event.preventDefault(); field.focus(); field.select(); }
    }
    if (event.key === "j" || event.key === "k") {
      const links = [...document.querySelectorAll("table[data-rows] tbody tr a[href]:first-of-type")].filter((a, i, all) => all.findIndex((b) => b.closest("tr") === a.closest("tr")) === i);
      const at = links.indexOf(document.activeElement);
      const next = links[event.key === "j" ? Math.min(at + 1, links.length - 1) : Math.max(at - 1, 0)];
      if (next) next.focus();
    }
    if (event.key === "x") {
      const box = document.activeElement.closest("tr")?.querySelector("input[type=checkbox]");
      if (box) box.checked = !box.checked;
    }
  });

  // Menus close with Escape.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") document.querySelectorAll("details.menu[open]").forEach((menu) => (menu.open = false));
  });
})();
