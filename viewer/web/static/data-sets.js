// <data-sets>: which of several data sets is shown, and links to the others; hidden where there is only one.
// Another data set is another page, so that nothing of the former can be mixed with it; the URL carries over the rest.

import { dataSets, RouteError } from "./api.js";
import { store } from "./store.js";
import { css, make, opensMenu, shared } from "./style.js";

const style = css`
  :host { flex: none; min-width: 0; max-width: 45%; }
  .chosen { max-width: 100%; font-weight: 550; }
  .chosen .of { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .menu {
    position: fixed; inset: auto; margin: 0; width: max-content; max-width: min(420px, calc(100vw - 16px)); padding: 6px; overflow: auto;
    border: 1px solid var(--fv-line); border-radius: 10px; background: var(--fv-surface); color: var(--fv-text); box-shadow: var(--fv-shadow); font-size: 13px;
  }
  .set { display: block; padding: 7px 10px; border-radius: 7px; color: inherit; text-decoration: none; overflow-wrap: anywhere; }
  a.set:hover { background: var(--fv-hover); }
  .set[aria-current] { background: var(--fv-accent-soft); }
  .set .title { display: flex; gap: 16px; justify-content: space-between; font-weight: 550; }
  .set .title span { font-weight: 400; color: var(--fv-muted); white-space: nowrap; }
  .set small { display: block; font-size: 12px; color: var(--fv-muted); }
  .set.refused { color: var(--fv-muted); }
  .set.refused small, .set small.warn { color: var(--fv-warn); }
`;

class DataSets extends HTMLElement {
  #name = make("span", { class: "of" });
  #button = make("button", { type: "button", class: "quiet chosen", "aria-haspopup": "dialog", title: "Other data sets" }, this.#name, make("span", { "aria-hidden": "true" }, "▾"));
  #menu = make("div", { class: "menu", popover: "auto", role: "dialog", "aria-label": "Data sets" });

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [shared, style];
    root.append(this.#button, this.#menu);
    opensMenu(this.#button, this.#menu, this.#toggle);
  }

  connectedCallback() {
    store.addEventListener("about", this.#show);
    this.#show();
  }

  disconnectedCallback() {
    store.removeEventListener("about", this.#show);
  }

  /** Where the data set of a link is not there, the others are offered. */
  #show = () => {
    this.hidden = !store.about?.data && !store.problem;
    this.#name.textContent = store.about?.dataset.name ?? "Data sets";
  };

  #toggle = async () => {
    if (this.#menu.matches(":popover-open")) {
      this.#menu.hidePopover();
      return;
    }
    const { clip } = store;
    try {
      const sets = await dataSets(clip);
      if (store.clip !== clip) return this.#toggle(); // they are to lead to the clip that is open now
      this.#fill(sets);
    } catch (error) {
      if (!(error instanceof RouteError)) throw error;
      this.#menu.replaceChildren(make("p", { role: "alert" }, error.message));
    }
    if (!this.#menu.matches(":popover-open")) this.#menu.showPopover();
    const { left, bottom } = this.#button.getBoundingClientRect();
    this.#menu.style.left = `${Math.max(Math.min(left, innerWidth - this.#menu.offsetWidth - 8), 8)}px`;
    this.#menu.style.top = `${bottom + 4}px`;
    this.#menu.style.maxHeight = `calc(100dvh - ${Math.round(bottom) + 16}px)`;
  };

  #fill(sets) {
    this.#menu.replaceChildren(...sets.map((set) => (set.refused === null ? this.#link(set) : refused(set))));
  }

  #link({ key, name, path, clips, clip }) {
    const here = key === store.about?.data;
    const missing = store.clip !== null && clip === null ? make("small", { class: "warn" }, `has no ${store.clip}: opens its first clip`) : null;
    const link = make("a", { class: "set", "aria-current": here ? "true" : null },
      make("span", { class: "title" }, name, make("span", {}, `${clips.toLocaleString("en")} ${clips === 1 ? "clip" : "clips"}`)), make("small", {}, path), missing);
    link.href = store.linkTo(key, clip, frame());
    link.addEventListener("click", (event) => {
      this.#menu.hidePopover();
      if (here) event.preventDefault();
      link.href = store.linkTo(key, clip, frame()); // the clip may have played on
      if (store.clip !== null) history.replaceState(history.state, "", store.link(frame())); // for the way back
    });
    return link;
  }
}

/** Frame that is shown. */
function frame() {
  return document.querySelector("clip-stage")?.view.frame;
}

function refused({ key, refused: reason }) {
  return make("div", { class: "set refused", "aria-disabled": "true" }, make("span", { class: "title" }, key, make("span", {}, "cannot be opened")), make("small", {}, reason));
}

customElements.define("data-sets", DataSets);
