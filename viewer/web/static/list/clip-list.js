// <clip-list>: the clips of the data set as a list or a contact sheet, searched, filtered and sorted by the server. Only
// what is in view is in the document.

import "../export/export-films.js";
import { severityColours } from "../quality/severity.js";
import { review } from "../review/review.js";
import { store } from "../store.js";
import { icon, iconButton, make, shared } from "../style.js";
import { order } from "./clip-order.js";
import { ColumnMenu } from "./column-menu.js";
import { Filters } from "./filters.js";
import { bindWidth } from "./list-width.js";
import { RowsView } from "./rows-view.js";
import { style } from "./sheet.js";
import { SheetView } from "./sheet-view.js";

class ClipList extends HTMLElement {
  #search = make("input", { type: "search", placeholder: "Search", "aria-label": "Filter clips", autocomplete: "off", spellcheck: "false" });
  #count = make("div", { class: "count", role: "status" });
  #bar = make("div", { class: "bar", hidden: true }, make("div", {}));
  #clear = make("button", { type: "button", class: "quiet clear", hidden: true }, "Clear");
  #refresh = iconButton("refresh", "Look at the files again");
  #layouts = { list: layoutButton("list", "rows", "List"), sheet: layoutButton("sheet", "tiles", "Contact sheet") };
  #wide = make("button", { type: "button", class: "quiet icon wide", "aria-label": "Wide list", title: "Wide list" }, icon("widen"));
  #scroll = make("div", { class: "scroll", role: "grid", tabindex: "0", "aria-label": "Clips" });
  #message = make("div", { class: "empty", hidden: true });
  #filters = new Filters();
  #menu = new ColumnMenu(() => this.#view.layOut());
  #views = { list: new RowsView(this.#scroll), sheet: new SheetView(this.#scroll) };
  #view = null;
  #here = 0; // where the keyboard is
  #moved = 0; // wish before which the user put it there
  #opens = false; // the clip there is opened once its row has come
  #typing = false; // the search field is being typed into, and the URL has a step for it
  #filtered = false; // clips were left out
  #following = true; // the open clip is to be brought into view once the list is there

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [shared, severityColours, style];
    root.append(
      make("div", { class: "top" },
        make("div", { class: "tools" }, this.#search, make("div", { class: "layouts", role: "group", "aria-label": "Layout" }, this.#layouts.list, this.#layouts.sheet), this.#wide),
        this.#filters.element,
        make("div", { class: "status" }, this.#count, this.#clear, make("export-films"), this.#refresh, ...this.#menu.elements),
        this.#bar),
      this.#scroll, this.#message);
    this.#search.addEventListener("input", () => this.#type());
    this.#search.addEventListener("blur", () => (this.#typing = false));
    this.#search.addEventListener("keydown", (event) => this.#searchKey(event));
    this.#scroll.addEventListener("keydown", (event) => this.#listKey(event));
    this.#scroll.addEventListener("click", (event) => this.#click(event));
    for (const type of ["pointerdown", "wheel"]) this.#scroll.addEventListener(type, () => (this.#opens = false), { passive: true });
    this.#clear.addEventListener("click", () => store.setQuery(store.query.unfiltered));
    this.#refresh.addEventListener("click", () => this.#lookAgain());
    for (const [name, button] of Object.entries(this.#layouts)) button.addEventListener("click", () => store.setLayout(name));
    new ResizeObserver(() => this.#view?.layOut()).observe(this.#scroll);
  }

  connectedCallback() {
    for (const [type, run] of Object.entries(this.#ofStore)) store.addEventListener(type, run);
    for (const [type, run] of Object.entries(this.#ofOrder)) order.addEventListener(type, run);
    review.addEventListener("marks", this.#redraw);
    bindWidth(this, this.#wide);
    this.#showLayout();
    this.#ofStore.query();
    this.#showState();
    if (order.total !== null) this.#restart(); // the list came before this did
  }

  disconnectedCallback() {
    for (const [type, run] of Object.entries(this.#ofStore)) store.removeEventListener(type, run);
    for (const [type, run] of Object.entries(this.#ofOrder)) order.removeEventListener(type, run);
    review.removeEventListener("marks", this.#redraw);
  }

  #redraw = () => this.#view?.redraw();

  /** Put the cursor into the search field. */
  focusFilter() {
    this.#search.focus();
    this.#search.select();
  }

  /** Move the keyboard's place by `step` lines and take the focus. */
  moveBy(step) {
    this.#scroll.focus({ preventScroll: true });
    this.#moveTo(this.#here + step * this.#view.perLine);
  }

  #ofStore = {
    about: () => this.#showState(),
    query: ({ detail } = {}) => {
      if (!detail?.byUser) this.#typing = false; // another query is to be seen than was typed
      if (!this.#typing) this.#search.value = store.query.search;
      this.#filters.show();
      this.#menu.show();
      this.#clear.hidden = !store.query.filters;
    },
    layout: () => this.#showLayout(),
    clip: ({ detail }) => {
      this.#opens = false;
      this.#follow(detail.wish);
    },
    view: () => this.#view.redraw(),
  };

  #ofOrder = {
    rows: () => {
      this.#view.redraw();
      if (this.#opens) this.#open();
    },
    state: () => this.#showState(),
    reset: () => this.#restart(),
    moved: ({ detail }) => {
      this.#here += detail.by;
      this.#view.shift(detail.by);
    },
  };

  /** Another list: from its top on, or around the open clip where nothing is left out any more. */
  #restart() {
    this.#menu.show();
    this.#view.layOut();
    this.#view.toTop();
    this.#goTo(0);
    const { filters } = store.query;
    if (this.#following || (this.#filtered && !filters)) this.#follow();
    this.#following = false;
    this.#filtered = filters;
  }

  /** Go to the row of the open clip, unless the user has gone elsewhere since that was wished for. */
  async #follow(wish = store.wish()) {
    this.#view.redraw(); // another row is the open one
    const { clip, query } = store;
    if (this.#moved >= wish) return;
    if (clip === null || !order.total || order.row(this.#here)?.stem === clip) return; // none known, or none to be had
    const position = await order.position(clip);
    if (position !== null && store.clip === clip && store.query === query && this.#moved < wish) this.#goTo(position);
  }

  #showLayout() {
    const view = this.#views[store.layout];
    for (const [name, button] of Object.entries(this.#layouts)) button.setAttribute("aria-pressed", String(name === store.layout));
    if (view === this.#view) return;
    this.#view?.leave();
    this.#view = view;
    view.enter();
    this.#goTo(this.#here);
  }

  #showState() {
    const problem = store.problem ?? order.problem;
    const nothing = order.total === 0;
    this.#count.textContent = problem ? "" : this.#countText();
    const { progress } = order;
    this.#bar.hidden = order.complete || !progress?.total;
    if (progress?.total) this.#bar.firstElementChild.style.width = `${(100 * progress.done) / progress.total}%`;
    this.#message.hidden = !problem && !nothing;
    this.#scroll.hidden = !this.#message.hidden;
    if (problem) this.#message.textContent = problem;
    else if (nothing) this.#message.textContent = this.#nothingText();
    this.#menu.show();
    this.#filters.show(); // columns may have come
    this.#view?.redraw();
  }

  #nothingText() {
    const search = store.query.search.trim();
    if (store.query.filtersBesidesSearch) return search ? `No clip matches “${search}” and the filters.` : "No clip matches the filters.";
    if (search) return `No clip matches “${search}”.`;
    return order.complete ? "There are no clips." : "Looking for clips…";
  }

  #countText() {
    const { total, all, complete, progress } = order;
    if (total === null) return "Reading the data set…";
    const some = store.query.filters ? `${number(total)} of ${clips(all)}` : clips(total);
    if (complete) return some;
    return progress?.total ? `${some} · indexing ${number(progress.done)} of ${number(progress.total)}` : `${some} · indexing…`;
  }

  async #lookAgain() {
    this.#refresh.disabled = true;
    try {
      await order.refresh();
      this.#views.sheet.forget();
    } catch (error) {
      this.#count.textContent = error.message;
    } finally {
      this.#refresh.disabled = false;
    }
  }

  /** Go to a row because the user wants to. */
  #moveTo(index) {
    this.#moved = store.wish();
    this.#goTo(index);
  }

  #goTo(index) {
    this.#opens = false;
    const last = Math.max((order.total ?? 0) - 1, 0);
    this.#here = Math.min(Math.max(index, 0), last);
    this.#view.mark(this.#here);
    this.#view.reveal(this.#here);
    this.#view.mark(this.#here); // its element may have come only now
    this.#scroll.setAttribute("aria-activedescendant", `row-${this.#here}`);
  }

  #click(event) {
    const row = event.target.closest("[data-index]");
    if (!row) return;
    this.#moveTo(Number(row.dataset.index));
    this.#open();
  }

  #open() {
    const row = order.row(this.#here);
    this.#opens = !row && this.#here < order.total;
    store.open(row?.stem);
  }

  /** Open the first of the clips that are searched for, unless the user opens or goes to another one meanwhile. */
  async #openFound() {
    const [{ clip }, wish] = [store, store.wish()];
    await order.settled();
    if (store.clip === clip && this.#moved < wish) this.#open();
  }

  #type() {
    store.setQuery(store.query.with({ search: this.#search.value }), { step: !this.#typing });
    this.#typing = true;
  }

  #searchKey(event) {
    if (event.key === "ArrowDown") this.moveBy(0);
    else if (event.key === "Enter") this.#openFound();
    else if (event.key === "Escape" && this.#search.value) {
      this.#search.value = "";
      this.#type();
    } else return;
    event.preventDefault();
  }

  #listKey(event) {
    const { perLine, page } = this.#view;
    const steps = { ArrowDown: perLine, ArrowUp: -perLine, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (perLine > 1) Object.assign(steps, { ArrowRight: 1, ArrowLeft: -1 });
    if (event.target !== this.#scroll) return;
    if (event.key in steps) this.#moveTo(this.#here + steps[event.key]);
    else if (event.key === "Enter") this.#open();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

function layoutButton(name, shape, title) {
  return make("button", { type: "button", class: "quiet icon", title, "aria-label": title, "data-layout": name }, icon(shape));
}

function number(value) {
  return value.toLocaleString("en");
}

function clips(count) {
  return `${number(count)} ${count === 1 ? "clip" : "clips"}`;
}

customElements.define("clip-list", ClipList);
