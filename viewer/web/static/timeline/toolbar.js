// The line above the canvas: where we are, which rows are shown, zoom and region.

import { clockTime, icon, make } from "../style.js";
import { BANDS } from "./data.js";
import { KEYS_HELP } from "./keys.js";

/**
 * @typedef {object} Wishes
 * @property {(name: string) => void} toggle  a curve or row, by name
 * @property {(factor: number) => void} zoom
 * @property {() => void} reset
 * @property {() => void} toggleSelects
 * @property {() => void} clear
 */
export class Toolbar {
  #now = make("div", { class: "now" });
  #menu = make("div", { class: "menu", role: "group", "aria-label": "Rows of the timeline" });
  #rows = make("details", {}, make("summary", { title: "Which rows are shown" }, "Rows"), this.#menu);
  #selects = button(icon("loop"), "Mark a region to loop by dragging (or Shift-drag)");
  #clear = button("✕", "Forget the marked region (\\)");
  #out = button("−", "Zoom out (−)");
  #in = button("+", "Zoom in (+)");
  #all = button("All", "Show all of the clip (0, double click)");
  #help = button("?", KEYS_HELP);
  element = make("div", { class: "bar" }, this.#now,
    make("div", { class: "tools" }, this.#rows, this.#selects, this.#clear, this.#all,
      make("span", { class: "wide" }, this.#out, this.#in, this.#help)));

  /** @param {Wishes} wishes */
  constructor(wishes) {
    this.#selects.addEventListener("click", () => wishes.toggleSelects());
    this.#clear.addEventListener("click", () => wishes.clear());
    this.#out.addEventListener("click", () => wishes.zoom(1 / 1.5));
    this.#in.addEventListener("click", () => wishes.zoom(1.5));
    this.#all.addEventListener("click", () => wishes.reset());
    this.#menu.addEventListener("change", ({ target }) => wishes.toggle(target.name));
    this.#rows.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.#rows.open) return;
      event.stopPropagation();
      this.#rows.open = false;
      this.#rows.firstChild.focus();
    });
    this.#rows.addEventListener("focusout", ({ relatedTarget }) => {
      if (relatedTarget && !this.#rows.contains(relatedTarget)) this.#rows.open = false;
    });
  }

  /** Close what is open, because something else was clicked. */
  close() {
    this.#rows.open = false;
  }

  /** An entry for each row without curves and for each curve. */
  setRows(timeline) {
    const entries = timeline.rows.flatMap(({ key, label, curves, isDifference }) => (curves.length && !isDifference ? curves : [{ name: key, label }]));
    if (timeline.findings?.hasBands) entries.push({ name: BANDS, label: "Data set's range" });
    // Those that stay are left where they are, with the focus and the click that is under way.
    const wanted = new Map(entries.map((entry) => [JSON.stringify([entry.name, entry.label]), entry]));
    for (const label of [...this.#menu.children]) if (!wanted.has(label.dataset.entry)) label.remove();
    let place = this.#menu.firstChild;
    for (const [key, { name, label }] of wanted) {
      if (place?.dataset.entry === key) place = place.nextSibling;
      else this.#menu.insertBefore(make("label", { "data-entry": key }, make("input", { type: "checkbox", name }), label), place);
    }
  }

  /** @param {{off: Set<string>, palette: import("./palette.js").Palette, selects: boolean, hasRegion: boolean, whole: boolean}} state */
  show({ off, palette, selects, hasRegion, whole }) {
    for (const box of this.#menu.querySelectorAll("input")) {
      box.checked = !off.has(box.name);
      box.style.setProperty("--key", palette.curve(box.name));
    }
    this.#selects.setAttribute("aria-pressed", String(selects));
    this.#clear.disabled = !hasRegion;
    this.#out.disabled = this.#all.disabled = whole;
  }

  /** When the frame begins that the values are of; frames are counted from 0, as in the arrays. */
  showTime(seconds, { frame, wrong }, frames) {
    this.#now.replaceChildren(
      clockTime(seconds, 2),
      make("span", {}, ` · frame ${frame} / ${frames - 1}`),
      ...(wrong ? [make("span", { class: "wrong" }, ` · ${wrong}`)] : []),
    );
  }
}

function button(face, title) {
  return make("button", { type: "button", title, "aria-label": title }, face);
}
