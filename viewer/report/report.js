"use strict";
// Sorting and filtering of the table; without this script it stands in the order of the ranking.
// data-hint of the table: what the field for words says; data-choose: label of a column to choose by.
const order = new Intl.Collator(undefined, { numeric: true });

function value(row, column) {
  const cell = row.cells[column];
  return cell.dataset.value === undefined ? cell.textContent : Number(cell.dataset.value);
}

function compare(a, b) {
  return typeof a === "number" ? a - b : order.compare(a, b);
}

function makeSortable(table) {
  const headers = [...table.tHead.rows[0].cells];
  const rows = [...table.tBodies[0].rows];

  function sortBy(column, header) {
    const down = header.getAttribute("aria-sort") === "ascending";
    for (const other of headers) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", down ? "descending" : "ascending");
    const sign = down ? -1 : 1;
    rows.sort((a, b) => sign * compare(value(a, column), value(b, column)) || value(a, 0) - value(b, 0));
    table.tBodies[0].append(...rows);
  }

  for (const [column, header] of headers.entries()) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    button.addEventListener("click", () => sortBy(column, header));
    header.append(button);
  }
  headers[0].setAttribute("aria-sort", "ascending");
}

function makeChoice(table, rows, label) {
  const choice = document.createElement("select");
  choice.setAttribute("aria-label", label);
  choice.append(new Option(`every ${label.toLowerCase()}`, ""));
  const cells = rows.map((row) => [...row.cells].find((cell) => cell.dataset.label === label).textContent);
  for (const text of new Set(cells)) choice.append(new Option(text, text));
  choice.fits = (number) => choice.value === "" || cells[number] === choice.value;
  return choice;
}

function makeFilter(table) {
  const rows = [...table.tBodies[0].rows];
  const filter = document.createElement("div");
  filter.className = "filter";
  const search = document.createElement("input");
  search.type = "search";
  search.placeholder = table.dataset.hint;
  search.setAttribute("aria-label", search.placeholder);
  const choice = table.dataset.choose === undefined ? null : makeChoice(table, rows, table.dataset.choose);
  const count = document.createElement("output");
  filter.append(search, ...(choice === null ? [] : [choice]), count);
  table.before(filter);

  function show() {
    const words = search.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const [number, row] of rows.entries()) {
      const text = row.textContent.toLocaleLowerCase();
      row.hidden = !words.every((word) => text.includes(word)) || !(choice?.fits(number) ?? true);
      if (!row.hidden) shown += 1;
    }
    count.value = `${shown.toLocaleString("en")} of ${rows.length.toLocaleString("en")}`;
  }
  search.addEventListener("input", show);
  choice?.addEventListener("change", show);
  show();
}

const table = document.getElementById("ranking");
if (table !== null) {
  makeSortable(table);
  makeFilter(table);
}
