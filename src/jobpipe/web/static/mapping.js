// Going through unmapped labels by keys. Without it the same form is filled in by hand.
(() => {
  const rows = () => [...document.querySelectorAll("[data-map-row]")];
  const field = (row) => row.querySelector("input[name^=value-]");
  const rowOf = (element) => element.closest("[data-map-row]");
  const choices = (row) => [...row.querySelectorAll("[data-value]")];

  const step = (row, by) => {
    const all = rows();
    const next = all[Math.min(Math.max(all.indexOf(row) + by, 0), all.length - 1)];
    if (next) next.focus();
  };
  const choose = (row, number) => {
    const chosen = choices(row)[number];
    if (!chosen) return;
    field(row).value = chosen.dataset.value;
    step(row, 1);
  };

  document.addEventListener("click", (event) => {
    const chosen = event.target.closest("[data-map-row] [data-value]");
    if (chosen) choose(rowOf(chosen), choices(rowOf(chosen)).indexOf(chosen));
  });

  document.addEventListener("keydown", (event) => {
    const row = rowOf(event.target);
    const form = document.querySelector("[data-map-form]");
    if (event.key === "Enter" && event.ctrlKey && form) { event.preventDefault(); form.requestSubmit(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (!row) {
      if ((event.key === "j" || event.key === "k") && event.target === document.body && rows()[0]) { event.preventDefault(); rows()[0].focus(); }
      return;
    }
    const typing = event.target.matches("input");
    if (event.key === "Enter" && !event.target.matches("button")) {
      event.preventDefault();
      if (typing && event.target.value) step(row, 1); else choose(row, 0);
    } else if (typing) {
      if (event.key === "Escape") row.focus();
    } else if (event.key === "j" || event.key === "k") {
      event.preventDefault();
      step(row, event.key === "j" ? 1 : -1);
    } else if (/^[1-9]$/.test(event.key)) {
      event.preventDefault();
      choose(row, Number(event.key) - 1);
    } else if (event.key === "Backspace") {
      field(row).value = "";
    } else if (event.key.length === 1 && event.target === row) {
      field(row).focus();
    }
  });

  // Codes that hold what is typed, for the list of the field.
  let asked = 0;
  document.addEventListener("input", async (event) => {
    const row = rowOf(event.target);
    const table = event.target.closest("table[data-codes]");
    const words = event.target.value;
    if (!row || !table || words.length < 2) return;
    const number = ++asked;
    await new Promise((wake) => setTimeout(wake, 150));
    if (number !== asked) return;
    const of = row.querySelector("input[name^=table-]").value;
    const answer = await fetch(`${table.dataset.codes}?${new URLSearchParams({ table: of, q: words })}`);
    if (answer.ok && number === asked) document.getElementById("codes").innerHTML = await answer.text();
  });
})();
