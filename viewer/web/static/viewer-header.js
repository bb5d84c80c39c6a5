// <viewer-header>: what is open, what draws it, the keys; and banners for what the user must know.

import { store } from "./store.js";
import { css, make, shared } from "./style.js";

const KEYS = [
  ["space", "play or pause"],
  ["N  P", "next, previous clip"],
  ["↑  ↓  enter", "move in the list, open"],
  ["←  →", "half a second back, forward; mp4: one second"],
  [",  .", "one frame back, forward"],
  ["/", "filter the list"],
  ["M  R  A  F", "mute, repeat, autoplay, full screen"],
  ["?", "all keys of the live player"],
];

const style = css`
  .bar { display: flex; align-items: center; gap: 10px; height: 48px; padding: 0 16px; border-bottom: 1px solid var(--fv-line); background: var(--fv-surface); min-width: 0; }
  .mark { width: 22px; height: 22px; border-radius: 7px; background: linear-gradient(150deg, #8eb3f7, #4a6fd8); flex: none; }
  .name { font-weight: 650; white-space: nowrap; }
  .data { color: var(--fv-muted); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; min-width: 0; flex: 1; }
  .right { display: flex; gap: 6px; align-items: center; flex: none; }
  .banner { display: flex; gap: 10px; padding: 8px 16px; background: var(--fv-warn-soft); color: var(--fv-warn); border-bottom: 1px solid var(--fv-line); font-size: 13px; overflow-wrap: anywhere; white-space: pre-wrap; }
  dialog { width: min(420px, 92vw); padding: 20px 24px; border: 1px solid var(--fv-line); border-radius: 14px; background: var(--fv-surface); color: var(--fv-text); box-shadow: var(--fv-shadow); }
  dialog::backdrop { background: rgb(10 14 20 / 45%); }
  h2 { font-size: 15px; margin-bottom: 12px; }
  dl { display: grid; grid-template-columns: auto 1fr; gap: 8px 16px; align-items: center; }
  kbd { font: 12.5px/1 var(--fv-font); padding: 3px 7px; border: 1px solid var(--fv-line); border-radius: 6px; background: var(--fv-field); white-space: pre; }
  form { margin-top: 16px; text-align: right; }
  @media (max-width: 640px) { .wide { display: none; } }
`;

class ViewerHeader extends HTMLElement {
  #data = make("span", { class: "data" });
  #chips = make("span", { class: "right wide" });
  #help = make("button", { type: "button", class: "quiet", title: "Keys" }, "Keys");
  #banners = make("div", { role: "status" });
  #dialog = make("dialog", {},
    make("h2", {}, "Keys"),
    make("dl", {}, ...KEYS.flatMap(([keys, what]) => [make("dt", {}, make("kbd", {}, keys)), make("dd", {}, what)])),
    make("form", { method: "dialog" }, make("button", {}, "Close")));

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [shared, style];
    root.append(
      make("div", { class: "bar" }, make("span", { class: "mark", "aria-hidden": "true" }), make("span", { class: "name" }, "FLAME viewer"),
        this.#data, this.#chips, make("span", { class: "right wide" }, this.#help)),
      this.#banners, this.#dialog);
    this.#help.addEventListener("click", () => this.toggleHelp());
  }

  connectedCallback() {
    store.addEventListener("about", this.#show);
    this.#show();
  }

  disconnectedCallback() {
    store.removeEventListener("about", this.#show);
  }

  toggleHelp() {
    if (this.#dialog.open) this.#dialog.close();
    else this.#dialog.showModal();
  }

  #show = () => {
    if (!store.about) return;
    const { dataset, model, gl, gl_error: glError } = store.about;
    this.#data.textContent = `${dataset.name} · ${dataset.clips.toLocaleString("en")} clips`;
    this.#data.title = dataset.path;
    this.#chips.replaceChildren(
      make("span", { class: "chip", title: model.path }, model.version),
      ...(gl ? [make("span", { class: "chip", title: `${gl.renderer}\n${gl.why}` }, gl.software ? "software rendering" : "GPU rendering")] : []),
    );
    const warnings = [...model.warnings, ...dataset.warnings, ...(glError ? [`Nothing can be rendered: ${glError}`] : [])];
    this.#banners.replaceChildren(...warnings.map((text) => make("div", { class: "banner" }, text)));
    document.title = `${dataset.name} · FLAME viewer`;
  };
}

customElements.define("viewer-header", ViewerHeader);
