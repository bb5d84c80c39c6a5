// What belongs to a review besides judging: who reviews, what follows on a verdict, the verdicts as files.

import { routeURL } from "../api.js";
import { iconButton, make, opensMenu } from "../style.js";
import { review } from "./review.js";

const SWITCHES = [
  ["advance", "Go on after a verdict"],
  ["skip", "Pass over clips that have a verdict"],
  ["ask", "Ask why a clip is bad or unsure"],
];

export class ReviewMenu {
  button = iconButton("view", "Settings and downloads");
  #name = make("input", { class: "name", "aria-label": "Reviewer", maxlength: "100", autocomplete: "off", spellcheck: "false" });
  #boxes = SWITCHES.map(([name, label]) => {
    const box = make("input", { type: "checkbox" });
    box.addEventListener("change", () => review.set({ [name]: box.checked }));
    return { name, box, label: make("label", {}, box, label) };
  });
  #files = make("div", { class: "files" });
  #where = make("p", { class: "where" });
  element = make("div", { class: "menu", popover: "auto", role: "dialog", "aria-label": "Settings and downloads" },
    make("label", {}, "Reviewer", this.#name), ...this.#boxes.map(({ label }) => label),
    make("h3", {}, "Download"), this.#files, this.#where);

  constructor() {
    opensMenu(this.button, this.element, () => this.#toggle());
    this.#name.addEventListener("change", () => review.set({ reviewer: this.#name.value.trim() }));
  }

  #toggle() {
    if (this.element.matches(":popover-open")) {
      this.element.hidePopover();
      return;
    }
    this.#show();
    this.element.showPopover();
    const { right, bottom } = this.button.getBoundingClientRect();
    this.element.style.left = `${Math.max(right - this.element.offsetWidth, 8)}px`;
    this.element.style.top = `${bottom + 4}px`;
  }

  #show() {
    this.#name.value = review.reviewer;
    for (const { name, box } of this.#boxes) box.checked = review.settings[name];
    const { splits = [], file = "" } = review.overview ?? {};
    this.#files.replaceChildren(
      link("Verdicts as CSV", "review/export/csv"), link("as JSON", "review/export/json"),
      ...splits.map((split) => link(`${split}.txt without bad clips`, "review/export/split", { split })));
    this.#where.textContent = `Kept in ${file}`;
  }
}

function link(text, path, parameters = {}) {
  const anchor = make("a", { download: "" }, text);
  anchor.href = routeURL(path, parameters);
  return anchor;
}
