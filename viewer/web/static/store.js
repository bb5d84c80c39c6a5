// What is shown: one clip in one look, camera and size. The URL mirrors it, so that reload and the back button work.
// Events: "clip" another clip, "view" another look, camera or size, "about" the data set is known, "rows" more of the
// clip list is, "shown" the filter changed, "stage" the film or the facts of the clip came or went.

import { getJSON } from "./api.js";

const VIEW = ["look", "camera", "size"];

class Store extends EventTarget {
  about = null; // the answer of the `about` route
  stems = [];
  rows = []; // rows of the clip list, in the order of stems, as far as they have been read
  shown = null; // indices of the clips that pass the filter; null while there is none
  clip = null; // stem
  view = { look: "", camera: "", size: 0 };
  problem = null; // why the data set could not be loaded

  constructor() {
    super();
    /** Settles when clip and view are known; the list may still be read. */
    this.opened = this.#load();
    addEventListener("popstate", () => this.#followURL());
  }

  async #load() {
    try {
      [this.about, this.stems] = await Promise.all([getJSON("about"), getJSON("stems")]);
    } catch (error) {
      this.problem = error.message;
      this.#tell("about");
      return;
    }
    this.indices = new Map(this.stems.map((stem, index) => [stem, index]));
    this.#followURL();
    this.#tell("about");
    this.#readRows();
  }

  async #readRows() {
    while (this.rows.length < this.stems.length) {
      const more = await getJSON("rows", { start: this.rows.length });
      this.rows.push(...more);
      this.#tell("rows");
      if (more.length === 0) await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }

  /** A row that was read anew, because its clip was opened. */
  updateRow(row) {
    const index = this.indices.get(row.stem);
    if (index === undefined || index >= this.rows.length) return;
    this.rows[index] = row;
    this.#tell("rows");
  }

  /** Show a clip because the user asked for it. */
  open(stem) {
    if (stem === undefined || stem === this.clip) return;
    this.clip = stem;
    this.#writeURL();
    this.#tell("clip", { byUser: true });
  }

  /** Change look, camera or size because the user asked for it. */
  setView(change) {
    const view = { ...this.view, ...change, size: Number(change.size ?? this.view.size) };
    if (VIEW.every((name) => view[name] === this.view[name])) return;
    this.view = view;
    this.#writeURL();
    this.#tell("view", { byUser: true });
  }

  /** Stem of the clip `step` places further in the filtered list; undefined at its end. */
  neighbour(step) {
    const shown = this.shown ?? [...this.stems.keys()];
    const here = shown.indexOf(this.indices.get(this.clip));
    // A filter may have hidden the clip that is playing: then the list starts anew.
    const index = here < 0 ? (step > 0 ? 0 : shown.length - 1) : here + step;
    return this.stems[shown[index]];
  }

  /** indices: those of the clips that pass the filter. */
  setShown(indices) {
    this.shown = indices;
    this.#tell("shown");
  }

  #followURL() {
    const query = new URLSearchParams(location.search);
    const defaults = this.about.defaults;
    const former = { clip: this.clip, ...this.view };
    this.clip = query.get("clip") ?? this.stems[0];
    const size = Number(query.get("size"));
    this.view = {
      look: query.get("look") ?? defaults.look,
      camera: query.get("camera") ?? defaults.camera,
      size: Number.isInteger(size) && size > 0 ? size : defaults.size,
    };
    const otherClip = former.clip !== this.clip;
    if (otherClip) this.#tell("clip", { byUser: false });
    if (VIEW.some((name) => former[name] !== this.view[name])) this.#tell("view", { byUser: false, otherClip });
  }

  #writeURL() {
    const url = new URL(location.href);
    for (const name of VIEW) url.searchParams.set(name, this.view[name]);
    url.searchParams.set("clip", this.clip);
    history.pushState(history.state, "", url);
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

export const store = new Store();
