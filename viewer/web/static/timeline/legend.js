// The names of the rows with the values at one frame, beside the canvas or, where it is narrow, on it.

import { make } from "../style.js";
import { format } from "./data.js";

const ESTIMATED = "Words are spread over the parts of the clip that have sound, in proportion to their length.";
const ALIGNED = "The times of words and phones were found in the sound; what is dimmed is doubtful. Zoom in for the phones.";

export class Legend {
  element = make("div", { class: "legend", "aria-hidden": "true" });
  #fields = []; // {name, unit, text}: elements that show a value

  /** Place a name on each row. @param {import("./layout.js").Layout} layout */
  place(layout, palette, timeline) {
    this.#fields = [];
    this.element.classList.toggle("on-rows", layout.gutter === 0);
    this.element.replaceChildren(...layout.rows.map((row) => this.#row(row, palette, layout.gutter === 0, timeline)));
  }

  /** @param {import("./data.js").Readout} readout */
  show(readout) {
    for (const { name, unit, text } of this.#fields) {
      text.nodeValue = format(readout.values[name].value, unit);
    }
  }

  #row(row, palette, narrow, timeline) {
    const grouped = row.curves.length > 1 || row.isDifference;
    const element = make("div", { class: grouped ? "row grouped" : "row", "data-row": row.key });
    const short = (label) => (grouped && narrow ? label.replace(`${row.label} `, "") : label);
    element.style.top = `${row.y}px`;
    element.style.height = `${row.height}px`;
    if (row.curves.length === 0) {
      element.append(make("span", { class: "name" }, row.label));
      if (row.kind === "findings") element.append(make("span", { class: "value" }, String(timeline.findings?.placed.length ?? "–")));
      if (row.kind === "words") element.append(status(timeline.speech));
      return element;
    }
    if (row.isDifference) element.append(make("div", { class: "what", title: row.curves[0]?.source }, row.label));
    for (const curve of row.curves) {
      const name = make("span", { class: "name", title: row.isDifference ? curve.label : `from: ${curve.source}` }, short(curve.label));
      name.style.setProperty("--key", palette.of(curve));
      const text = document.createTextNode("–");
      this.#fields.push({ name: curve.name, unit: curve.unit, text });
      const value = make("span", { class: "value" }, text, make("span", { class: "unit" }, curve.unit));
      element.append(make("div", { class: "curve" }, name, value));
    }
    return element;
  }
}

/** Where the words' times are from. */
function status({ status, message }) {
  const aligned = status === "aligned";
  const title = aligned ? ALIGNED : `${ESTIMATED} ${message}`.trim();
  return make("span", { class: "estimated", title }, aligned ? "aligned" : "estimated");
}
