"use strict";
(() => {
  const form = document.getElementById("filter");
  const said = document.getElementById("said");
  const rows = Array.from(document.querySelectorAll("details.row"));
  const areas = Array.from(document.querySelectorAll("section.area"));
  const texts = new WeakMap();
  const keys = ["area", "outcome", "level", "evidence"];

  const text = (row) => {
    if (!texts.has(row)) texts.set(row, row.textContent.toLowerCase());
    return texts.get(row);
  };

  const apply = () => {
    const words = form.elements.text.value.toLowerCase().trim().split(/\s+/);
    let shown = 0;
    for (const row of rows) {
      const fits = keys.every((key) => {
        const wanted = form.elements[key].value;
        return wanted === "needs attention" ? "trouble" in row.dataset : ["", row.dataset[key]].includes(wanted);
      });
      row.hidden = !(fits && words.every((word) => text(row).includes(word)));
      shown += row.hidden ? 0 : 1;
    }
    for (const area of areas) area.hidden = !area.querySelector("details.row:not([hidden])");
    said.textContent = shown + " of " + rows.length + " rows";
  };

  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    // What a link leads to is shown whatever the filter says, and the filter stays as it is.
    for (let each = target; each; each = each.parentElement) {
      if (each.tagName === "DETAILS") each.open = true;
      each.hidden = false;
    }
    settle(target, 20);
  };

  // Rows that were never in sight have a guessed height: what comes into sight on the way moves the target.
  const settle = (target, left) => {
    target.scrollIntoView();
    const at = target.getBoundingClientRect().top;
    requestAnimationFrame(() => requestAnimationFrame(() => {
      if (left && Math.abs(target.getBoundingClientRect().top - at) > 1) settle(target, left - 1);
    }));
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-outcome]");
    if (!link) return;
    event.preventDefault();
    form.reset();
    form.elements.area.value = link.dataset.area || "";
    form.elements.outcome.value = link.dataset.outcome;
    apply();
    document.getElementById("requirements").scrollIntoView();
    form.elements.text.focus({ preventScroll: true });
  });
  document.getElementById("open").addEventListener("click", () => {
    for (const row of rows) if (!row.hidden) row.open = true;
  });
  if (navigator.clipboard) for (const command of document.querySelectorAll("pre.curl")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(command.querySelector("code").textContent);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
    command.append(button);
  }
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(apply));
  form.addEventListener("input", apply);
  window.addEventListener("hashchange", reveal);
  form.hidden = false;
  if (Array.from(form.elements.outcome.options).some((option) => option.value === "needs attention")) {
    form.elements.outcome.value = "needs attention";
  }
  apply();
  if (location.hash) reveal();
})();
