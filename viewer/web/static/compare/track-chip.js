// The button of a track: its colour, its name, how far it is from the reference.

import { store } from "../store.js";
import { make } from "../style.js";
import { comparison } from "./comparison.js";
import { headline, metricText } from "./metrics.js";

export class TrackChip {
  #name = make("span", { class: "of" });
  #value = make("span", { class: "value" });
  element;

  /** @param {string} key  of the data set */
  constructor(key) {
    this.element = make("button", { type: "button", value: key }, make("i"), this.#name, this.#value);
  }

  /** @param {import("./comparison.js").Track} track  that belongs to the open clip */
  show({ key, label, refused }) {
    const chosen = store.compare.tracks.includes(key);
    const metric = comparison.place(key) < 0 ? null : headline(comparison.differences(key)?.header.metrics);
    this.#name.textContent = label;
    this.#value.textContent = metric && metricText(metric);
    this.#value.hidden = metric === null;
    this.element.setAttribute("aria-pressed", String(chosen));
    this.element.title = refused ?? (metric && `${metric.title} (${metric.name})`) ?? "";
    this.element.disabled = refused !== null && !chosen;
    if (comparison.place(key) < 0) this.element.style.removeProperty("--key");
    else this.element.style.setProperty("--key", `var(${comparison.colour(key)})`);
  }
}
