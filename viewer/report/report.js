"use strict";
// Sorting and filtering of the table; without this script it stands in the order of the ranking.
const table = document.getElementById("ranking");
const body = table.tBodies[0];
const rows = [...body.rows];
const order = new Intl.Collator(undefined, { numeric: true });

function value(row, column) {
  const cell = row.cells[column];
  return cell.dataset.value === undefined ? cell.textContent : Number(cell.dataset.value);
}

function compare(a, b) {
  return typeof a === "number" ? a - b : order.compare(a, b);
}

function sortBy(column, header) {
  const down = header.getAttribute("aria-sort") === "ascending";
  for (const other of header.parentElement.cells) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", down ? "descending" : "ascending");
  const sign = down ? -1 : 1;
  rows.sort((a, b) => sign * compare(value(a, column), value(b, column)) || value(a, 0) - value(b, 0));
  body.append(...rows);
}

for (const [column, header] of [...table.tHead.rows[0].cells].entries()) {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...header.childNodes);
  button.addEventListener("click", () => sortBy(column, header));
  header.append(button);
}
table.tHead.rows[0].cells[0].setAttribute("aria-sort", "ascending");

const filter = document.createElement("div");
filter.className = "filter";
const search = document.createElement("input");
search.type = "search";
search.placeholder = "Filter by clip, check or words";
search.setAttribute("aria-label", search.placeholder);
const severity = document.createElement("select");
severity.setAttribute("aria-label", "Severity");
for (const [text, chosen] of [["every severity", ""], ["errors", "error"], ["warnings", "warn"], ["notes", "note"]]) {
  severity.append(new Option(text, chosen));
}
const count = document.createElement("output");
filter.append(search, severity, count);
table.before(filter);

function show() {
  const words = search.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of rows) {
    const text = row.textContent.toLocaleLowerCase();
    const fits = words.every((word) => text.includes(word));
    row.hidden = !fits || (severity.value !== "" && row.querySelector(`.badge.${severity.value}`) === null);
    if (!row.hidden) shown += 1;
  }
  count.value = `${shown.toLocaleString("en")} of ${rows.length.toLocaleString("en")}`;
}
search.addEventListener("input", show);
severity.addEventListener("change", show);
show();
