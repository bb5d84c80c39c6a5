// <compare-bar>: over the picture while clips are compared: with which, how, on which scale; and what is wrong with that.

import { store } from "../store.js";
import { css, iconButton, make, shared } from "../style.js";
import { comparison } from "./comparison.js";
import { HEAT, MODES, TOPS } from "./link.js";
import { TrackChip } from "./track-chip.js";

const style = css`
  :host { flex: none; container-type: inline-size; border: 1px solid var(--fv-line); border-radius: 12px; background: var(--fv-surface); font-size: 13px; }
  .row { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 12px; padding: 6px 8px 6px 12px; min-width: 0; }
  .row + .row { padding-top: 0; }
  .tracks { display: flex; flex-wrap: wrap; gap: 6px; flex: 1 1 0; min-width: 0; }
  .tracks button { height: 28px; gap: 7px; padding: 0 10px; max-width: 260px; border-radius: 999px; font-size: 12.5px; min-width: 0; }
  .tracks button[aria-pressed="true"] { color: var(--fv-text); background: var(--fv-surface); border-color: var(--key); box-shadow: inset 0 0 0 0.5px var(--key); }
  .tracks button[aria-pressed="false"] { color: var(--fv-muted); }
  .tracks i { width: 10px; height: 10px; border-radius: 3px; background: var(--key, var(--fv-line)); flex: none; }
  .tracks .of { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .tracks .value { color: var(--fv-muted); font-variant-numeric: tabular-nums; white-space: nowrap; }
  .modes { display: flex; flex: none; padding: 2px; border-radius: 9px; background: var(--fv-chip); }
  .modes button { height: 26px; padding: 0 10px; border: 0; border-radius: 7px; background: none; color: var(--fv-muted); font-size: 12.5px; }
  .modes button[aria-checked="true"] { color: var(--fv-text); background: var(--fv-surface); box-shadow: 0 1px 3px rgb(0 0 0 / 14%); }
  .scale { display: flex; align-items: center; gap: 6px; color: var(--fv-muted); white-space: nowrap; }
  select { height: 28px; padding: 0 6px; border: 1px solid var(--fv-line); border-radius: 8px; background: var(--fv-field); color: var(--fv-text); }
  .worst { height: 28px; font-size: 12.5px; }
  kbd { font: 11px/1 var(--fv-font); padding: 3px 5px; border: 1px solid var(--fv-line); border-radius: 5px; background: var(--fv-field); color: var(--fv-muted); }
  .tools { display: flex; gap: 2px; flex: none; margin-left: auto; }
  .told { height: 26px; padding: 0 8px; margin-left: auto; font-size: 12.5px; }
  .told::after { content: ""; width: 5px; height: 5px; margin: -3px 0 0 1px; border: solid; border-width: 0 1.5px 1.5px 0; transform: rotate(45deg); }
  .told[aria-expanded="true"]::after { margin-top: 3px; transform: rotate(225deg); }
  .tools .icon { width: 28px; height: 28px; }
  .remarks { display: grid; gap: 2px; padding: 6px 12px 7px; border-top: 1px solid var(--fv-line-soft); color: var(--fv-muted); font-size: 12.5px; max-height: 74px; overflow-y: auto; scrollbar-width: thin; }
  .remarks li { overflow-wrap: anywhere; }
  .remarks .refused { color: var(--fv-warn); }
  .link { height: auto; padding: 0; border: 0; background: none; color: var(--fv-accent); }
  .link:hover { background: none; text-decoration: underline; }
  @media (max-width: 759px) { kbd { display: none; } }
  @container (max-width: 520px) { .modes { flex: 1 1 100%; } .modes button { flex: 1; height: 34px; padding: 0 4px; line-height: 1.2; } }
`;

class CompareBar extends HTMLElement {
  #chips = new Map(); // key of a track -> TrackChip
  #tellsAll = false; // remarks too, and not only what is refused
  #tracks = make("div", { class: "tracks", role: "group", "aria-label": "Compared with" });
  #modes = make("div", { class: "modes", role: "radiogroup", "aria-label": "How they are shown" });
  #top = make("select", { "aria-label": "Top of the scale" });
  #scale = make("label", { class: "scale", title: "Errors of this size and more have the last colour" }, "up to", this.#top);
  #worst = make("button", { type: "button", class: "worst", title: "Go to the frame with the largest error; again: of the next track (Y)" }, "Worst frame", make("kbd", { "aria-hidden": "true" }, "Y"));
  #close = iconButton("close", "Compare no more", "O");
  #told = make("button", { type: "button", class: "quiet told", "aria-expanded": "false", title: "What to know of these clips" });
  #remarks = make("ul", { class: "remarks", hidden: true });

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [shared, style];
    root.append(
      make("div", { class: "row" }, this.#tracks, make("div", { class: "tools" }, this.#worst, this.#close)),
      make("div", { class: "row" }, this.#modes, this.#scale, this.#told),
      this.#remarks);
    this.#modes.append(...Object.entries(MODES).map(([name, { label, title }]) => make("button", { type: "button", role: "radio", value: name, title }, label)));
    this.#modes.addEventListener("click", ({ target }) => target.value && store.setCompare({ mode: target.value }));
    this.#modes.addEventListener("keydown", (event) => this.#modeKey(event));
    this.#tracks.addEventListener("click", ({ target }) => {
      const button = target.closest("button");
      if (button) comparison.toggleTrack(button.value);
    });
    this.#top.addEventListener("change", () => {
      store.setCompare({ top: Number(this.#top.value) }, { step: false });
      this.#top.blur(); // keys are for the clip again
    });
    this.#worst.addEventListener("click", () => this.showWorst());
    this.#told.addEventListener("click", () => {
      this.#tellsAll = !this.#tellsAll;
      this.#showRemarks();
    });
    this.#close.addEventListener("click", () => this.toggle());
  }

  connectedCallback() {
    comparison.addEventListener("change", this.#show);
    store.addEventListener("tab", this.#show);
    this.#show();
  }

  disconnectedCallback() {
    comparison.removeEventListener("change", this.#show);
    store.removeEventListener("tab", this.#show);
  }

  /** Compare, or stop it. */
  toggle() {
    comparison.toggle();
  }

  /** Rest on the frame that is worst, on the tab that is shown. */
  showWorst() {
    const { view } = document.querySelector("clip-stage");
    const worst = comparison.worstAfter(view.frame);
    if (worst === null) return;
    view.pause();
    view.seek(worst.frame);
  }

  #show = () => {
    this.hidden = !comparison.isOpen;
    if (this.hidden) return;
    const { mode, top } = store.compare;
    for (const button of this.#modes.children) {
      const checked = button.value === mode;
      button.setAttribute("aria-checked", String(checked));
      button.tabIndex = checked ? 0 : -1;
    }
    this.#scale.hidden = !HEAT.has(mode);
    this.#showTop(top);
    this.#worst.disabled = comparison.shown.every(({ key }) => (comparison.differences(key)?.header.worst_frame ?? null) === null);
    this.#showTracks();
    this.#showRemarks();
  };

  /** Buttons stay where they are, so that a click meets the one that was aimed at. While tracks are read, those of the clip before. */
  #showTracks() {
    const { tracks } = comparison;
    if (tracks === null) return;
    for (const { key } of tracks) if (!this.#chips.has(key)) this.#chips.set(key, new TrackChip(key));
    const buttons = tracks.map(({ key }) => this.#chips.get(key).element);
    if (buttons.length !== this.#tracks.children.length || buttons.some((button, index) => button !== this.#tracks.children[index])) {
      this.#tracks.replaceChildren(...buttons);
    }
    for (const track of tracks) this.#chips.get(track.key).show(track);
  }

  #showTop(top) {
    const tops = [...new Set([...TOPS, top])].sort((a, b) => a - b);
    const key = tops.join();
    if (this.#top.dataset.key !== key) this.#top.replaceChildren(...tops.map((value) => make("option", { value }, `${value} mm`)));
    this.#top.dataset.key = key;
    this.#top.value = String(top);
  }

  #showRemarks() {
    const remarks = comparison.remarks.filter(({ refused }) => !refused).length;
    this.#told.hidden = remarks === 0;
    this.#told.textContent = remarks === 1 ? "1 remark" : `${remarks} remarks`;
    this.#told.setAttribute("aria-expanded", String(this.#tellsAll));
    const lines = comparison.remarks.filter(({ refused }) => refused || this.#tellsAll)
      .map(({ label, text, refused }) => make("li", { class: refused ? "refused" : null }, make("b", {}, label), `: ${text}`));
    if (comparison.problem) lines.unshift(make("li", { class: "refused" }, comparison.problem));
    else if (comparison.tracks?.every(({ refused }) => refused !== null)) {
      lines.unshift(make("li", {}, "No other data set has a clip that this one can be compared with."));
      lines.push(...this.#refusedTracks());
    }
    if (store.tab !== "live" && comparison.shown.length > 0) lines.unshift(this.#onLive());
    this.#remarks.hidden = lines.length === 0;
    this.#remarks.replaceChildren(...lines);
  }

  /** Why there is nothing to choose. */
  #refusedTracks() {
    const chosen = new Set(store.compare.tracks);
    return comparison.tracks.filter(({ key }) => !chosen.has(key)).map(({ label, refused }) => make("li", { class: "refused" }, make("b", {}, label), `: ${refused}`));
  }

  #onLive() {
    const button = make("button", { type: "button", class: "link" }, "tab Live");
    button.addEventListener("click", () => store.setTab("live"));
    return make("li", {}, "The film shows the reference alone; the faces are compared on the ", button, ".");
  }

  #modeKey(event) {
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const names = Object.keys(MODES);
    const next = names[(names.indexOf(store.compare.mode) + step + names.length) % names.length];
    store.setCompare({ mode: next });
    this.#modes.querySelector(`[value=${next}]`).focus();
  }
}

customElements.define("compare-bar", CompareBar);
