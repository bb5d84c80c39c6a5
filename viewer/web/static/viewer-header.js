// <viewer-header>: what is open, what draws it, the keys; and banners for what the user must know.

import { comparison } from "./compare/comparison.js";
import { COMPARE_KEYS } from "./compare/keys.js";
import "./data-sets.js";
import { FilmActions } from "./film-actions.js";
import { order } from "./list/clip-order.js";
import { KEYS } from "./player/keys.js";
import { REVIEW_KEYS } from "./review/keys.js";
import { review } from "./review/review.js";
import { store } from "./store.js";
import { css, icon, make, shared } from "./style.js";

const PAGE_KEYS = [
  ["↑  ↓  Enter", "Move in the list, open"],
  ["/", "Filter the list"],
];
const BOTH = KEYS.filter(({ action }) => action in FilmActions.prototype);
const LIVE = KEYS.filter((entry) => !BOTH.includes(entry));

const style = css`
  .bar { display: flex; align-items: center; gap: 10px; height: 48px; padding: 0 16px; border-bottom: 1px solid var(--fv-line); background: var(--fv-surface); min-width: 0; }
  .mark { width: 22px; height: 22px; border-radius: 7px; background: linear-gradient(150deg, #8eb3f7, #4a6fd8); flex: none; }
  .name { font-weight: 650; white-space: nowrap; }
  .data { color: var(--fv-muted); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; min-width: 0; flex: 1; }
  .right { display: flex; gap: 6px; align-items: center; flex: none; }
  .banner { display: flex; gap: 10px; padding: 8px 16px; background: var(--fv-warn-soft); color: var(--fv-warn); border-bottom: 1px solid var(--fv-line); font-size: 13px; overflow-wrap: anywhere; white-space: pre-wrap; }
  dialog { width: min(720px, 94vw); max-height: 92dvh; overflow: auto; padding: 20px 24px; border: 1px solid var(--fv-line); border-radius: 14px; background: var(--fv-surface); color: var(--fv-text); box-shadow: var(--fv-shadow); }
  dialog::backdrop { background: rgb(10 14 20 / 45%); }
  h2 { font-size: 15px; margin-bottom: 4px; }
  h3 { font-size: 12px; font-weight: 600; color: var(--fv-muted); margin: 12px 0 8px; }
  .tables { display: grid; grid-template-columns: repeat(auto-fit, minmax(280px, 1fr)); gap: 0 32px; }
  .tables p { font-size: 12px; margin-top: 6px; }
  dl { display: grid; grid-template-columns: 116px 1fr; gap: 6px 12px; align-items: center; font-size: 13px; }
  dt { display: flex; gap: 4px; }
  kbd { font: 12.5px/1 var(--fv-font); padding: 3px 7px; border: 1px solid var(--fv-line); border-radius: 6px; background: var(--fv-field); white-space: pre; }
  form { margin-top: 16px; text-align: right; }
  @media (max-width: 640px) { .wide { display: none; } }
`;

class ViewerHeader extends HTMLElement {
  #data = make("span", { class: "data" });
  #chips = make("span", { class: "right wide" });
  #facts = make("button", { type: "button", class: "quiet", title: "The data set as a whole" }, icon("chart"), make("span", { class: "wide" }, "Data set"));
  #review = make("button", { type: "button", class: "quiet", title: "Judge clips (V)" }, icon("check"), make("span", { class: "wide" }, "Review"));
  #help = make("button", { type: "button", class: "quiet", title: "Keys" }, "Keys");
  #banners = make("div", { role: "status" });
  #compareKeys = make("div", { hidden: true }, make("h3", {}, "Several data sets"), table(COMPARE_KEYS));
  #dialog = make("dialog", { "aria-label": "Keys" },
    make("h2", {}, "Keys"),
    make("div", { class: "tables" },
      make("div", {}, make("h3", {}, "On both tabs"), table(rows(BOTH)), this.#compareKeys),
      make("div", {},
        make("h3", {}, "Live"), table(rows(LIVE)), make("p", { class: "muted" }, "↓ ↑ once the picture was clicked"),
        make("h3", {}, "List"), table(PAGE_KEYS),
        make("h3", {}, "Review"), table(rows(REVIEW_KEYS)))),
    make("form", { method: "dialog" }, make("button", {}, "Close")));

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [shared, style];
    root.append(
      make("div", { class: "bar" }, make("span", { class: "mark", "aria-hidden": "true" }), make("span", { class: "name" }, "FLAME viewer"),
        make("data-sets"), this.#data, this.#chips, this.#review, this.#facts, make("span", { class: "right wide" }, this.#help)),
      this.#banners, this.#dialog);
    this.#review.addEventListener("click", () => review.toggle());
    this.#help.addEventListener("click", () => this.toggleHelp());
    this.#facts.addEventListener("click", () => store.setPanel(store.panel === "data" ? null : "data"));
  }

  connectedCallback() {
    store.addEventListener("review", this.#showReview);
    this.#showReview();
    store.addEventListener("about", this.#show);
    store.addEventListener("clip", this.#showTitle);
    store.addEventListener("panel", this.#showPanel);
    order.addEventListener("state", this.#showCount);
    this.#showPanel();
    this.#show();
  }

  disconnectedCallback() {
    store.removeEventListener("review", this.#showReview);
    store.removeEventListener("about", this.#show);
    store.removeEventListener("clip", this.#showTitle);
    store.removeEventListener("panel", this.#showPanel);
    order.removeEventListener("state", this.#showCount);
  }

  /** Clips that are known by now: archives may still be looked through. */
  #showCount = () => {
    if (!store.about) return;
    const { name, clips } = store.about.dataset;
    const known = Math.max(order.all ?? 0, order.complete ? 0 : clips);
    const title = store.about.data === null ? `${name} · ` : ""; // else the chooser has it
    this.#data.textContent = `${title}${known.toLocaleString("en")} ${known === 1 ? "clip" : "clips"}`;
  };

  #showReview = () => this.#review.setAttribute("aria-pressed", String(store.review !== null));

  #showPanel = () => this.#facts.setAttribute("aria-pressed", String(store.panel === "data"));

  toggleHelp() {
    if (this.#dialog.open) {
      this.#dialog.close();
      return;
    }
    this.#compareKeys.hidden = !comparison.isPossible;
    this.#dialog.showModal();
    this.#dialog.scrollTop = 0; // the button at its end has the focus
  }

  #show = () => {
    if (!store.about) return;
    const { dataset, model, gl, gl_error: glError } = store.about;
    this.#showCount();
    this.#data.title = dataset.path;
    this.#chips.replaceChildren(
      make("span", { class: "chip", title: model.path }, model.version),
      ...(gl ? [make("span", { class: "chip", title: `${gl.renderer}\n${gl.why}` }, gl.software ? "software rendering" : "GPU rendering")] : []),
    );
    const warnings = [...model.warnings, ...dataset.warnings, ...(glError ? [`Nothing can be rendered: ${glError}`] : [])];
    this.#banners.replaceChildren(...warnings.map((text) => make("div", { class: "banner" }, text)));
    this.#showTitle();
  };

  /** So that browser tabs and the history can be told apart. */
  #showTitle = () => {
    const { about, clip } = store;
    if (about) document.title = [clip, about.dataset.name, "FLAME viewer"].filter(Boolean).join(" · ");
  };
}

function rows(keys) {
  return keys.map(({ shown, label }) => [shown, label]);
}

/** rows: [keys, what they do]; keys stand two blanks apart. */
function table(rows) {
  const caps = (keys) => keys.split("  ").map((key) => make("kbd", {}, key));
  return make("dl", {}, ...rows.flatMap(([keys, what]) => [make("dt", {}, ...caps(keys)), make("dd", {}, what)]));
}

customElements.define("viewer-header", ViewerHeader);
