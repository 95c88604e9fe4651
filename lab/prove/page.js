"use strict";
const box = document.getElementById("search");
const count = document.getElementById("count");
const rows = [...document.querySelectorAll("#matrix tbody tr")].map((row) => [row, row.textContent.toLowerCase()]);
function show() {
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const [row, text] of rows) {
    row.hidden = !words.every((word) => text.includes(word));
    shown += row.hidden ? 0 : 1;
  }
  count.textContent = `${shown} of ${rows.length} shown`;
}
box.addEventListener("input", show);
show();
