// <clip-list>: all clips of the data set, filtered as you type. Only the rows in view are in the document.

import { store } from "./store.js";
import { css, make, shared } from "./style.js";

const ROW_PX = 58; // as in the style below
const SPARE_ROWS = 6;

const style = css`
  :host { display: flex; flex-direction: column; height: 100%; min-height: 0; background: var(--fv-surface); }
  .top { padding: 12px 12px 8px; border-bottom: 1px solid var(--fv-line); }
  input {
    width: 100%; height: 34px; padding: 0 12px; border: 1px solid var(--fv-line); border-radius: 8px;
    background: var(--fv-field); outline-offset: 0;
  }
  input::placeholder { color: var(--fv-muted); opacity: 1; }
  .count { margin-top: 6px; font-size: 12px; color: var(--fv-muted); min-height: 17px; }
  .scroll { flex: 1; min-height: 0; overflow-y: auto; position: relative; outline-offset: -2px; overscroll-behavior: contain; }
  .space { position: relative; }
  .row {
    position: absolute; left: 0; right: 0; height: 58px; padding: 9px 14px 8px 11px; cursor: pointer;
    border-left: 3px solid transparent; border-bottom: 1px solid var(--fv-line-soft);
  }
  .row:hover { background: var(--fv-hover); }
  .row.here { box-shadow: inset 0 0 0 1px var(--fv-line); }
  .scroll:focus-visible .row.here { box-shadow: inset 0 0 0 2px var(--fv-accent); }
  .row[aria-selected="true"] { background: var(--fv-accent-soft); border-left-color: var(--fv-accent); }
  .line { display: flex; gap: 8px; align-items: baseline; min-width: 0; }
  .stem { flex: 1; font-weight: 550; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .text { flex: 1; font-size: 12.5px; color: var(--fv-muted); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .seconds { font-size: 12px; color: var(--fv-muted); }
  .unplayable .stem { color: var(--fv-muted); font-weight: 450; }
  .empty { padding: 32px 20px; text-align: center; color: var(--fv-muted); }
`;

class ClipList extends HTMLElement {
  #filter = make("input", { type: "search", placeholder: "Filter by name, split or words", "aria-label": "Filter clips", autocomplete: "off", spellcheck: "false" });
  #count = make("div", { class: "count", role: "status" });
  #space = make("div", { class: "space" });
  #scroll = make("div", { class: "scroll", role: "listbox", tabindex: "0", "aria-label": "Clips" }, this.#space);
  #shown = []; // indices into store.stems
  #here = 0; // keyboard position in #shown
  #texts = []; // lower-case text of each row, for the filter

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [shared, style];
    root.append(make("div", { class: "top" }, this.#filter, this.#count), this.#scroll);
    this.#filter.addEventListener("input", () => this.#refilter({ toTop: true }));
    this.#filter.addEventListener("keydown", (event) => this.#filterKey(event));
    this.#scroll.addEventListener("scroll", () => this.#draw());
    this.#scroll.addEventListener("keydown", (event) => this.#listKey(event));
    this.#scroll.addEventListener("click", (event) => this.#click(event));
    new ResizeObserver(() => this.#draw()).observe(this.#scroll);
  }

  connectedCallback() {
    store.addEventListener("about", this.#takeStems);
    store.addEventListener("rows", this.#takeRows);
    store.addEventListener("clip", this.#follow);
    this.#takeStems();
  }

  disconnectedCallback() {
    store.removeEventListener("about", this.#takeStems);
    store.removeEventListener("rows", this.#takeRows);
    store.removeEventListener("clip", this.#follow);
  }

  /** Put the cursor into the filter. */
  focusFilter() {
    this.#filter.focus();
    this.#filter.select();
  }

  /** Move the keyboard position by `step` rows and take the focus. */
  moveBy(step) {
    this.#scroll.focus({ preventScroll: true });
    this.#goTo(this.#here + step);
  }

  #takeStems = () => {
    this.#takeRows();
    this.#follow();
  };

  #takeRows = () => {
    this.#texts = store.stems.map((stem, index) => searchText(stem, store.rows[index]));
    this.#refilter({});
  };

  #refilter({ toTop = false }) {
    if (store.problem) {
      this.#count.textContent = "";
      this.#space.replaceChildren(make("div", { class: "empty" }, store.problem));
      return;
    }
    const words = this.#filter.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    const previous = this.#shown[this.#here];
    this.#shown = [];
    for (let index = 0; index < this.#texts.length; index += 1) {
      if (words.every((word) => this.#texts[index].includes(word))) this.#shown.push(index);
    }
    if (store.about) store.setShown(this.#shown);
    this.#here = toTop ? 0 : Math.max(this.#shown.indexOf(previous), 0);
    this.#space.style.height = `${this.#shown.length * ROW_PX}px`;
    if (toTop) this.#scroll.scrollTop = 0;
    this.#count.textContent = this.#countText(words.length > 0);
    this.#draw();
  }

  #countText(filtered) {
    if (!store.about) return "Reading the data set…";
    const all = store.stems.length;
    const some = filtered ? `${this.#shown.length.toLocaleString("en")} of ${count(all, "clip")}` : count(all, "clip");
    const read = store.rows.length;
    return read < all ? `${some} · reading ${read.toLocaleString("en")} of ${all.toLocaleString("en")}…` : some;
  }

  #follow = () => {
    const index = store.indices?.get(store.clip);
    const place = this.#shown.indexOf(index);
    if (place >= 0) this.#goTo(place);
    else this.#draw();
  };

  #goTo(place) {
    this.#here = Math.min(Math.max(place, 0), Math.max(this.#shown.length - 1, 0));
    const top = this.#here * ROW_PX;
    const { scrollTop, clientHeight } = this.#scroll;
    const far = top < scrollTop - ROW_PX || top > scrollTop + clientHeight;
    if (far) this.#scroll.scrollTop = top - (clientHeight - ROW_PX) / 2;
    else if (top < scrollTop) this.#scroll.scrollTop = top;
    else if (top + ROW_PX > scrollTop + clientHeight) this.#scroll.scrollTop = top + ROW_PX - clientHeight;
    this.#draw();
  }

  #draw() {
    if (!store.about) return;
    const { scrollTop, clientHeight } = this.#scroll;
    if (clientHeight === 0) return;
    const first = Math.max(Math.floor(scrollTop / ROW_PX) - SPARE_ROWS, 0);
    const last = Math.min(Math.ceil((scrollTop + clientHeight) / ROW_PX) + SPARE_ROWS, this.#shown.length);
    const rows = [];
    for (let place = first; place < last; place += 1) rows.push(this.#row(place));
    if (rows.length === 0) {
      rows.push(make("div", { class: "empty" }, `No clip matches “${this.#filter.value.trim()}”.`));
    }
    this.#space.replaceChildren(...rows);
    this.#scroll.setAttribute("aria-activedescendant", `row-${this.#here}`);
  }

  #row(place) {
    const index = this.#shown[place];
    const stem = store.stems[index];
    const data = store.rows[index];
    const row = make("div", {
      id: `row-${place}`,
      class: `row${place === this.#here ? " here" : ""}${data && !data.playable ? " unplayable" : ""}`,
      role: "option",
      "aria-selected": String(stem === store.clip),
      "aria-setsize": this.#shown.length,
      "aria-posinset": place + 1,
    });
    row.style.top = `${place * ROW_PX}px`;
    row.dataset.place = place;
    const seconds = data?.seconds;
    row.append(
      make("div", { class: "line" },
        make("span", { class: "stem", title: stem }, stem),
        make("span", { class: "seconds digits" }, seconds === null || seconds === undefined ? "" : `${seconds.toFixed(1)} s`)),
      make("div", { class: "line" },
        make("span", { class: "text" }, data ? data.text || "no transcript" : "…"),
        ...(data?.flags.length ? [make("span", { class: "chip warn", title: data.flags.map((flag) => flag.message).join("\n") }, flagLabel(data.flags))] : []),
        ...(data?.splits ?? []).map((split) => make("span", { class: "chip" }, split))),
    );
    return row;
  }

  #click(event) {
    const row = event.target.closest(".row");
    if (!row) return;
    this.#goTo(Number(row.dataset.place));
    this.#open();
  }

  #open() {
    store.open(store.stems[this.#shown[this.#here]]);
  }

  #filterKey(event) {
    if (event.key === "ArrowDown") this.moveBy(0);
    else if (event.key === "Enter") this.#open();
    else if (event.key === "Escape" && this.#filter.value) {
      this.#filter.value = "";
      this.#refilter({});
      this.#follow();
    } else return;
    event.preventDefault();
  }

  #listKey(event) {
    const page = Math.max(Math.floor(this.#scroll.clientHeight / ROW_PX) - 1, 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.key in steps) this.#goTo(this.#here + steps[event.key]);
    else if (event.key === "Enter") this.#open();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

function searchText(stem, row) {
  if (!row) return stem.toLocaleLowerCase();
  const flags = row.flags.map((flag) => flag.code);
  return [stem, row.text, ...row.splits, ...flags].join(" ").toLocaleLowerCase();
}

function flagLabel(flags) {
  return flags.length === 1 ? flags[0].code.replaceAll("-", " ") : `${flags.length} flags`;
}

function count(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

customElements.define("clip-list", ClipList);
