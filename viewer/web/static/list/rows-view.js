// The clips as rows: two lines each where there is little room, a table with a heading to sort by where there is more.

import { store } from "../store.js";
import { verdictMark } from "../review/marks.js";
import { make } from "../style.js";
import { cell, fitting, fullTitle, heading, isNumber, resize, shape, template } from "./columns.js";
import { order } from "./clip-order.js";
import { flagMark, issueMark, stemText } from "./marks.js";
import { VirtualLines } from "./virtual-lines.js";

const TABLE_FROM_PX = 480;
const ROW_PX = { table: 30, narrow: 50 }; // as in sheet.js
const PADDING_PX = 22; // of a row, both sides

export class RowsView {
  perLine = 1;
  #scroll;
  #head = make("div", { class: "head", role: "row", "aria-rowindex": "1" });
  #space = make("div", { class: "space", role: "presentation" });
  #lines;
  #table = null; // whether it is a table; null until it is known
  #columns = []; // those that are shown
  #here = 0;

  constructor(scroll) {
    this.#scroll = scroll;
    this.#lines = new VirtualLines({
      scroll,
      space: this.#space,
      make: () => (this.#table ? this.#makeTableRow() : makeNarrowRow()),
      fill: (row, index) => this.#fill(row, index),
      shown: (first, last) => order.want(first, last),
      spare: 6,
    });
    this.#head.addEventListener("click", (event) => this.#sort(event));
    this.#head.addEventListener("pointerdown", (event) => this.#drag(event));
  }

  /** Take the place in the scrolled element. */
  enter() {
    this.#scroll.replaceChildren(this.#head, this.#space);
    this.#lines.start();
    this.#table = null;
    this.layOut();
  }

  /** Something else takes it. */
  leave() {
    this.#lines.stop();
  }

  /** Fit columns into the width there is, and show every row anew. */
  layOut() {
    const table = this.#scroll.clientWidth >= TABLE_FROM_PX;
    const columns = table ? fitting(order.columns, this.#scroll.clientWidth - PADDING_PX, store.query.column) : [];
    const names = (list) => list.map(({ name }) => name).join();
    if (table !== this.#table || names(columns) !== names(this.#columns)) this.#lines.clear();
    this.#table = table;
    this.#columns = columns;
    this.#head.hidden = !table;
    this.#scroll.classList.toggle("table", table);
    this.#scroll.style.setProperty("--columns", template(columns));
    if (table) this.#head.replaceChildren(...columns.map((column) => headCell(column)));
    this.#scroll.setAttribute("aria-rowcount", (order.total ?? 0) + (table ? 1 : 0));
    if (table) this.#scroll.setAttribute("aria-colcount", columns.length);
    else this.#scroll.removeAttribute("aria-colcount");
    this.#lines.height = table ? ROW_PX.table : ROW_PX.narrow;
    this.#lines.heading = table ? this.#head.offsetHeight : 0;
    this.redraw();
  }

  redraw() {
    this.#lines.count = order.total ?? 0;
    this.#lines.redraw();
  }

  shift(by) {
    this.#lines.shift(by);
  }

  reveal(index) {
    this.#lines.reveal(index);
  }

  toTop() {
    this.#lines.toTop();
  }

  /** Rows that a page key moves by. */
  get page() {
    return Math.max(this.#lines.fitting - 1, 1);
  }

  /** Mark the row where the keyboard is. */
  mark(index) {
    this.#lines.line(this.#here)?.classList.remove("here");
    this.#here = index;
    this.#lines.line(index)?.classList.add("here");
  }

  #makeTableRow() {
    const cells = this.#columns.map((column) => make("div", { class: cellClass(column), role: "gridcell" }));
    return make("div", { class: "row", role: "row" }, ...cells);
  }

  #fill(element, index) {
    const row = order.row(index);
    element.id = `row-${index}`;
    element.dataset.index = index;
    element.setAttribute("aria-rowindex", index + (this.#table ? 2 : 1));
    element.setAttribute("aria-selected", String(row !== undefined && row.stem === store.clip));
    element.classList.toggle("here", index === this.#here);
    element.classList.toggle("waiting", row === undefined);
    element.classList.toggle("unplayable", row?.playable === false);
    if (this.#table) this.#fillTable(element, row);
    else fillNarrow(element, row, sortedBy());
  }

  #fillTable(element, row) {
    this.#columns.forEach((column, place) => {
      const box = element.children[place];
      box.replaceChildren(row ? cell(row, column) : place === 0 ? "…" : "");
      if (column.name === "stem" || column.name === "text") box.title = row?.[column.name] ?? "";
    });
  }

  #sort(event) {
    const name = event.target.closest("[data-column]")?.dataset.column;
    if (name === undefined || event.target.closest(".grip")) return;
    sortBy(order.columns.find((column) => column.name === name));
  }

  /** A column's right edge is dragged. */
  #drag(event) {
    const grip = event.target.closest(".grip");
    if (!grip) return;
    event.preventDefault();
    const box = grip.parentElement;
    const column = this.#columns.find(({ name }) => name === box.dataset.column);
    const [from, width] = [event.clientX, box.offsetWidth];
    const move = ({ clientX }) => {
      resize(column, width + clientX - from);
      this.#scroll.style.setProperty("--columns", template(this.#columns));
    };
    const stop = () => {
      removeEventListener("pointermove", move);
      this.layOut();
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", stop, { once: true });
    addEventListener("pointercancel", stop, { once: true });
  }
}

/** Sort by a column; once more, and it is the other way round. Numbers begin with the largest, severities with the worst. */
export function sortBy(column) {
  if (!column) return;
  const { query } = store;
  const again = query.column === column.name;
  const descending = again ? !query.descending : isNumber(column) || column.kind === "severity";
  store.setQuery(query.with({ sort: `${descending ? "-" : ""}${column.name}` }));
}

/** The column that a narrow row shows besides those it always does. */
function sortedBy() {
  const name = store.query.column;
  if (["stem", "seconds", "text", "splits", "flags", "worst"].includes(name)) return undefined;
  return order.columns.find((column) => column.name === name);
}

function headCell(column) {
  const { query } = store;
  const sorted = query.column === column.name;
  const sortable = order.columns.includes(column);
  const box = make("div", {
    class: `${cellClass(column)}${sorted ? " sorted" : ""}`,
    role: "columnheader",
    title: fullTitle(column),
    "aria-sort": sorted ? (query.descending ? "descending" : "ascending") : sortable ? "none" : null,
  }, sortable ? make("button", { type: "button", tabindex: "-1" }, heading(column, sorted, query.descending)) : heading(column, false),
  make("span", { class: "grip", "aria-hidden": "true" }));
  box.dataset.column = column.name;
  return box;
}

function cellClass(column) {
  const kinds = { stem: "stem", text: "text", flags: "flags", seconds: "seconds" };
  return `cell${isNumber(column) ? " number" : ""}${kinds[column.name] ? ` ${kinds[column.name]}` : ""}${shape(column).grow ? " grow" : ""}`;
}

function makeNarrowRow() {
  return make("div", { class: "row", role: "row" },
    make("div", { class: "line", role: "gridcell" }, make("span", { class: "stem" }), make("span", { class: "value" }), make("span", { class: "seconds" })),
    make("div", { class: "line", role: "gridcell" }, make("span", { class: "text" }), make("span", { class: "ends" })));
}

function fillNarrow(element, row, sorted) {
  const [stem, value, seconds] = element.firstElementChild.children;
  const [text, ends] = element.lastElementChild.children;
  stem.replaceChildren(...(row ? stemText(row.stem) : ["…"]));
  stem.title = row?.stem ?? "";
  value.textContent = row && sorted ? String(cell(row, sorted).textContent ?? cell(row, sorted)) : "";
  value.title = sorted ? fullTitle(sorted) : "";
  seconds.textContent = typeof row?.seconds === "number" ? `${row.seconds.toFixed(1)} s` : "";
  text.textContent = row ? row.text || "no transcript" : "";
  ends.replaceChildren(...(row ? [verdictMark(row.stem), issueMark(row.worst, row.issues ?? []), flagMark(row.flags), ...row.splits.map((split) => make("span", { class: "chip" }, split))].filter(Boolean) : []));
}
