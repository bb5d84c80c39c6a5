// The row of filters over the list: a button each that opens its values with their counts, and what is chosen.

import { getJSON, RouteError } from "../api.js";
import { SEVERITIES, severityMark, severityTitle } from "../quality/severity.js";
import { store } from "../store.js";
import { make, opensMenu } from "../style.js";
import { checkTitle, isCheck } from "./checks.js";
import { order } from "./clip-order.js";
import { flagTitle, modalityTitle } from "./marks.js";
import { rangeForm, rangeText } from "./range-form.js";

const VERDICTS = { bad: "Bad", unsure: "Unsure", good: "Good", stale: "Changed since", none: "None yet" };
const FACETS = [
  { name: "split", title: "Split", label: (value) => (value === "none" ? "in no split" : value) },
  { name: "session", title: "Session", label: (value) => value },
  { name: "modality", title: "Has", label: modalityTitle },
  { name: "flag", title: "Flags", label: flagTitle },
  { name: "severity", title: "Quality", label: severityTitle, mark: (value) => (value in SEVERITIES ? severityMark(value) : null), values: [...Object.keys(SEVERITIES), "none"] },
  { name: "check", title: "Findings", label: checkTitle },
  { name: "verdict", title: "Verdict", label: (value) => VERDICTS[value], values: Object.keys(VERDICTS) },
];
const TITLES = { ...Object.fromEntries(FACETS.map(({ name, title }) => [name, title])), length: "Length", between: "Range" };
const EMPTY = {
  severity: "No clip is checked yet. The data set's panel and the facts of a clip have “Check all clips”.",
  verdict: "None of these clips is judged yet. The key V opens the review.",
};
const MANY = 8; // values from which on they can be searched

export class Filters {
  element = make("div", { class: "filters", role: "group", "aria-label": "Filters" });
  #menu = make("div", { class: "menu", popover: "auto" });
  #buttons = new Map();
  #open = null; // name of the filter whose menu is open
  #abort = new AbortController();

  constructor() {
    for (const name of ["split", "session", "length", "modality", "flag", "severity", "check", "verdict", "between"]) {
      const button = make("button", { type: "button", class: "filter", "aria-haspopup": "dialog", "data-filter": name }, TITLES[name]);
      opensMenu(button, this.#menu, () => this.#toggle(name));
      this.#buttons.set(name, button);
      this.element.append(button);
    }
    this.#menu.addEventListener("toggle", ({ newState }) => {
      if (newState === "closed") this.#closed();
    });
    this.element.append(this.#menu);
    this.show();
  }

  /** Say on the buttons what is chosen. */
  show() {
    const { query } = store;
    for (const { name, title, label } of FACETS) {
      const values = query[name];
      this.#say(name, values.length === 0 ? title : values.length === 1 ? label(values[0]) : `${title}: ${values.length}`, values.length > 0);
    }
    const [low, high] = [query.min_seconds, query.max_seconds];
    const span = low === null ? `≤ ${high} s` : high === null ? `≥ ${low} s` : `${low}–${high} s`;
    this.#say("length", low === null && high === null ? "Length" : span, low !== null || high !== null);
    const { between } = query;
    this.#say("between", between.length === 0 ? "Range" : between.length === 1 ? rangeText(between[0]) : `Range: ${between.length}`, between.length > 0);
    this.#buttons.get("check").hidden = query.check.length === 0 && !order.columns.some(isCheck);
  }

  #say(name, text, chosen) {
    const button = this.#buttons.get(name);
    button.textContent = text;
    button.classList.toggle("chosen", chosen);
    button.setAttribute("aria-expanded", String(this.#open === name));
  }

  #toggle(name) {
    if (this.#open === name) {
      this.#menu.hidePopover();
      return;
    }
    if (this.#open !== null) {
      this.#menu.hidePopover();
      this.#closed(); // at once: no event tells of a menu that is open again by then
    }
    this.#open = name;
    const facet = FACETS.find((one) => one.name === name);
    this.#menu.setAttribute("role", "dialog");
    this.#menu.setAttribute("aria-label", TITLES[name]);
    this.#menu.replaceChildren(facet ? make("div", { class: "wait" }, "Counting…") : name === "length" ? this.#lengthForm() : rangeForm());
    this.#menu.showPopover();
    this.#place(this.#buttons.get(name));
    this.show();
    if (facet) this.#load(facet);
    else this.#menu.querySelector("input, select").focus();
  }

  get #focused() {
    return this.element.getRootNode().activeElement;
  }

  #closed() {
    this.#abort.abort();
    this.#open = null;
    this.show();
  }

  #place(button) {
    const { left, bottom } = button.getBoundingClientRect();
    const room = document.documentElement.clientWidth - this.#menu.offsetWidth - 8;
    this.#menu.style.left = `${Math.max(Math.min(left, room), 8)}px`;
    this.#menu.style.top = `${bottom + 4}px`;
    this.#menu.style.maxHeight = `calc(100dvh - ${Math.round(bottom) + 16}px)`;
  }

  async #load(facet) {
    this.#abort.abort();
    const { signal } = (this.#abort = new AbortController());
    const focused = this.#focused;
    try {
      const { facets, more_sessions: more } = await getJSON("facets", store.query.parameters, signal);
      const stays = this.#focused === focused; // else the user is writing elsewhere by now
      this.#list(facet, facets[facet.name], more && facet.name === "session");
      if (stays) this.#menu.querySelector("input")?.focus();
    } catch (error) {
      if (error.name === "AbortError") return;
      if (!(error instanceof RouteError)) throw error;
      this.#menu.replaceChildren(make("div", { class: "wait" }, error.message));
    }
  }

  #list(facet, counts, more) {
    const values = facet.values?.filter((value) => value in counts) ?? Object.keys(counts).sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
    if (values.length === 0) {
      this.#menu.replaceChildren(make("div", { class: "wait" }, EMPTY[facet.name] ?? "None in these clips."));
      return;
    }
    const items = values.map((value) => this.#item(facet, value, counts[value]));
    const list = make("div", { class: "values" }, ...items);
    const parts = [list];
    if (values.length > MANY) parts.unshift(searchField(facet, items));
    if (values.every((value) => value === "none") && facet.name in EMPTY) parts.push(make("div", { class: "wait" }, EMPTY[facet.name]));
    if (more) parts.push(make("div", { class: "wait" }, "These have the most clips; search for the names of others in the list itself."));
    this.#menu.replaceChildren(...parts);
    this.#place(this.#buttons.get(facet.name));
  }

  #item(facet, value, count) {
    const box = make("input", { type: "checkbox", checked: store.query[facet.name].includes(value) });
    box.addEventListener("change", () => {
      const others = store.query[facet.name].filter((one) => one !== value);
      store.setQuery(store.query.with({ [facet.name]: box.checked ? [...others, value] : others }));
    });
    const label = facet.label(value);
    const item = make("label", { class: "value" }, box, facet.mark?.(value), make("span", { class: "name", title: label }, label), make("span", { class: "number" }, count.toLocaleString("en")));
    item.dataset.text = label.toLocaleLowerCase();
    return item;
  }

  #lengthForm() {
    const { min_seconds: low, max_seconds: high } = store.query;
    const fields = [["min_seconds", "From", low], ["max_seconds", "to", high]].map(([name, label, value]) => {
      const field = make("input", { type: "number", min: "0", step: "any", value, "aria-label": `${label} seconds`, placeholder: name === "min_seconds" ? "0" : "any" });
      field.addEventListener("change", () => {
        const number = field.value === "" ? null : Math.max(Number(field.value), 0);
        store.setQuery(store.query.with({ [name]: number }));
      });
      return make("label", {}, label, field);
    });
    return make("div", { class: "length" }, ...fields, "seconds");
  }
}

function searchField(facet, items) {
  const field = make("input", { type: "search", placeholder: `Find a ${facet.title.toLowerCase()}`, "aria-label": `Find a ${facet.title.toLowerCase()}`, autocomplete: "off", spellcheck: "false" });
  field.addEventListener("input", () => {
    const text = field.value.trim().toLocaleLowerCase();
    for (const item of items) item.hidden = !item.dataset.text.includes(text);
  });
  return field;
}
