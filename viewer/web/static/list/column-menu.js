// The list's menu: what to sort by, which columns to show, and to look at the files again.

import { store } from "../store.js";
import { icon, make, opensMenu } from "../style.js";
import { order } from "./clip-order.js";
import { arranged, fullTitle, isShown, reset, show, title } from "./columns.js";
import { sortBy } from "./rows-view.js";

export class ColumnMenu {
  button = make("button", { type: "button", class: "quiet sort", "aria-haspopup": "dialog", title: "Sort, columns" });
  #menu = make("div", { class: "menu", popover: "auto", role: "dialog", "aria-label": "Sort and columns" });
  #changed;

  /** changed(): other columns are to be shown. */
  constructor(changed) {
    this.#changed = changed;
    opensMenu(this.button, this.#menu, () => this.#toggle());
    this.show();
  }

  get elements() {
    return [this.button, this.#menu];
  }

  /** Say on the button what the list is sorted by. */
  show() {
    const { query } = store;
    const column = order.columns.find(({ name }) => name === query.column);
    this.button.replaceChildren(column ? title(column) : query.column, make("span", { class: "arrow", "aria-label": query.descending ? "descending" : "ascending", role: "img" }, query.descending ? "▾" : "▴"), icon("view"));
  }

  #toggle() {
    if (this.#menu.matches(":popover-open")) {
      this.#menu.hidePopover();
      return;
    }
    this.#fill();
    this.#menu.showPopover();
    const { right, bottom } = this.button.getBoundingClientRect();
    this.#menu.style.left = `${Math.max(right - this.#menu.offsetWidth, 8)}px`;
    this.#menu.style.top = `${bottom + 4}px`;
    this.#menu.style.maxHeight = `calc(100dvh - ${Math.round(bottom) + 16}px)`;
  }

  #fill() {
    const restore = make("button", { type: "button", class: "quiet" }, "Restore columns");
    restore.addEventListener("click", () => {
      reset();
      this.#changed();
      this.#fill();
    });
    const rows = arranged(order.columns).map((column) => this.#line(column));
    this.#menu.replaceChildren(make("div", { class: "values columns" }, make("div", { class: "heads" }, make("span", {}, "Sort by"), make("span", {}, "Column")), ...rows), restore);
  }

  #line(column) {
    const { query } = store;
    const sorted = query.column === column.name;
    const sort = make("button", { type: "button", class: sorted ? "by sorted" : "by", disabled: !order.columns.includes(column) }, fullTitle(column), make("span", { class: "arrow" }, sorted ? (query.descending ? "▾" : "▴") : ""));
    sort.addEventListener("click", () => {
      sortBy(column);
      this.#fill();
    });
    const box = make("input", { type: "checkbox", checked: isShown(column), disabled: column.name === "stem", "aria-label": `Show the column ${title(column)}` });
    box.addEventListener("change", () => {
      show(column, box.checked);
      this.#changed();
    });
    return make("div", { class: "value" }, sort, box);
  }
}
