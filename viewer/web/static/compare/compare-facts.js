// <compare-facts>: how far the tracks that are compared are from the reference in the open clip, by metric.

import { store } from "../store.js";
import { css, make, shared } from "../style.js";
import { comparison } from "./comparison.js";
import { DERIVED, valueText } from "./metrics.js";

const style = css`
  .scroll { overflow-x: auto; scrollbar-width: thin; margin-top: 6px; }
  table { border-collapse: collapse; width: 100%; font-size: 12px; font-variant-numeric: tabular-nums; }
  th { font-weight: 500; text-align: left; color: var(--fv-muted); padding: 3px 6px 3px 0; vertical-align: baseline; }
  th.name { font: 10.5px/1.35 ui-monospace, monospace; }
  th.name span { font: 11px/1 var(--fv-font); white-space: nowrap; }
  thead th + th { text-align: right; padding: 3px 0 5px 8px; max-width: 64px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; color: var(--fv-text); border-bottom: 2px solid var(--key); }
  td { text-align: right; padding: 3px 0 3px 8px; white-space: nowrap; vertical-align: baseline; }
  tbody tr + tr > * { border-top: 1px solid var(--fv-line-soft); }
  .link { height: auto; padding: 0; border: 0; background: none; color: var(--fv-accent); font-size: 12px; text-decoration: underline; text-underline-offset: 2px; }
  .note { color: var(--fv-muted); font-size: 12px; margin-top: 6px; overflow-wrap: anywhere; }
`;

const ABOUT_DERIVED = "Names that end in “_derived”: the lips are those that the viewer derives from the head's geometry, not the list of vertices of a published code.";

class CompareFacts extends HTMLElement {
  #scroll = make("div", { class: "scroll" });
  #note = make("p", { class: "note" });

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [shared, style];
    root.append(this.#scroll, this.#note);
  }

  connectedCallback() {
    comparison.addEventListener("change", this.#show);
    this.#show();
  }

  disconnectedCallback() {
    comparison.removeEventListener("change", this.#show);
  }

  #show = () => {
    const columns = comparison.shown.map((track) => ({ ...track, found: comparison.differences(track.key) }));
    const metrics = new Map(columns.flatMap(({ found }) => found?.header.metrics ?? []).map((metric) => [metric.name, metric]));
    this.#scroll.replaceChildren(...(columns.length ? [this.#table(columns, [...metrics.values()])] : []));
    this.#note.textContent = this.#text(columns, [...metrics.keys()]);
    this.#note.hidden = this.#note.textContent === "";
  };

  #text(columns, names) {
    if (columns.length === 0) return comparison.tracks === null ? "" : "Nothing to compare in this clip.";
    const derived = names.some((name) => name.endsWith(DERIVED)) ? ` ${ABOUT_DERIVED}` : "";
    return `Distances from ${store.about.dataset.name}, which may itself be estimated or synthetic.${derived}`;
  }

  #table(columns, metrics) {
    const head = columns.map(({ key, label }) => {
      const cell = make("th", { scope: "col", title: label }, label);
      cell.style.setProperty("--key", `var(${comparison.colour(key)})`);
      return cell;
    });
    const row = ({ name, title, unit }) => line(make("th", { class: "name", scope: "row", title }, ...parts(name), unitOf(name, unit)),
      columns.map(({ found }) => (found ? valueText(found.header.metrics.find((one) => one.name === name) ?.value ?? null) : "")));
    return make("table", {},
      make("thead", {}, make("tr", {}, make("th"), ...head)),
      make("tbody", {}, ...metrics.map(row),
        line(make("th", { scope: "row" }, "Worst frame"), columns.map(({ found }) => this.#worst(found))),
        line(make("th", { scope: "row" }, "Frames compared"), columns.map(({ found }) => (found ? String(found.header.compared) : "")))));
  }

  #worst(found) {
    const frame = found?.header.worst_frame ?? null;
    if (frame === null) return found === null ? "" : "–";
    const button = make("button", { type: "button", class: "link", title: "Show this frame" }, String(frame));
    button.addEventListener("click", () => {
      const { view } = document.querySelector("clip-stage");
      view.pause();
      view.seek(frame);
    });
    return button;
  }
}

/** A name that breaks behind its underscores. */
function parts(name) {
  return name.split(/(?<=_)/).flatMap((part) => [part, make("wbr")]);
}

/** The unit, where the name does not hold it. */
function unitOf(name, unit) {
  return unit && !/_(mm2?|mm_s|deg)(_|$)/.test(name) ? make("span", {}, ` ${unit}`) : null;
}

function line(head, values) {
  return make("tr", {}, head, ...values.map((value) => make("td", {}, value)));
}

customElements.define("compare-facts", CompareFacts);
