// What is shown: a clip and a frame of it, in one look, camera and size, on one of two tabs. The URL mirrors it, so that
// reload, the back button and a link lead to the same picture.
// Events: "clip" another clip, "view" another look, camera or size, "tab", "speed", "place" the URL names another frame,
// "about" the data set is known, "rows" more of the clip list is, "shown" the filter changed, "stage" the film or the
// facts of the clip came or went.

import { getJSON } from "./api.js";

const VIEW = ["look", "camera", "size"];
const TABS = ["live", "mp4"];
const QUIET_MS = 300; // browsers refuse to change the URL too often

class Store extends EventTarget {
  about = null; // the answer of the `about` route
  stems = [];
  rows = []; // rows of the clip list, in the order of stems, as far as they have been read
  shown = null; // indices of the clips that pass the filter; null while there is none
  clip = null; // stem
  frame = 0; // where the clip was last paused or sought
  view = { look: "", camera: "", size: 0 };
  orbit = null; // where the camera was moved by hand: "azimuth,elevation,zoom,panX,panY" as docs/player.md has them
  tab = TABS[0];
  speed = 1;
  problem = null; // why the data set could not be loaded
  #late = 0;

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
    this.#settle();
    this.clip = stem;
    this.frame = 0;
    this.#push();
    this.#tell("clip", { byUser: true });
  }

  /** Change look, camera or size because the user asked for it. by: "form" of the page, or "player". */
  setView(change, by = "form") {
    const view = { ...this.view, ...change, size: Number(change.size ?? this.view.size) };
    if (VIEW.every((name) => view[name] === this.view[name])) return;
    this.#settle();
    if (view.camera !== this.view.camera) this.orbit = null;
    this.view = view;
    this.#push();
    this.#tell("view", { by });
  }

  /** Show the tab "live" or "mp4". replace: the back button is not to lead to the former one. */
  setTab(tab, { replace = false } = {}) {
    if (tab === this.tab) return;
    this.#settle();
    this.tab = tab;
    if (replace) this.#replace();
    else this.#push();
    this.#tell("tab", { otherClip: false });
  }

  setSpeed(speed) {
    if (speed === this.speed) return;
    this.speed = speed;
    this.#replaceSoon();
    this.#tell("speed");
  }

  setOrbit(orbit) {
    if (orbit === this.orbit) return;
    this.orbit = orbit;
    this.#replaceSoon();
  }

  /** Note where the clip was paused or sought. */
  setFrame(frame) {
    if (frame === this.frame) return;
    this.frame = frame;
    this.#replaceSoon();
  }

  /** A URL that shows a frame of the open clip as it is shown here. */
  link(frame) {
    return this.#url({ t: frame }).href;
  }

  /** Stem of the clip `step` places further in the filtered list; undefined at its end. */
  neighbour(step) {
    const shown = this.shown ?? [...this.stems.keys()];
    const here = shown.indexOf(this.indices?.get(this.clip));
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
    clearTimeout(this.#late);
    this.#late = 0;
    const query = new URLSearchParams(location.search);
    const { defaults } = this.about;
    const { clip, frame, view, orbit, tab, speed } = this;
    const number = (name, otherwise, valid) => (valid(Number(query.get(name) ?? NaN)) ? Number(query.get(name)) : otherwise);
    this.clip = query.get("clip") ?? this.stems[0];
    this.frame = number("t", 0, (value) => Number.isInteger(value) && value >= 0);
    this.speed = number("speed", 1, (value) => value >= 0.1 && value <= 2);
    this.orbit = query.get("orbit");
    this.tab = TABS.find((name) => name === query.get("tab")) ?? TABS[0];
    this.view = {
      look: query.get("look") ?? defaults.look,
      camera: query.get("camera") ?? defaults.camera,
      size: number("size", defaults.size, (value) => Number.isInteger(value) && value > 0),
    };
    const otherClip = clip !== this.clip;
    if (speed !== this.speed) this.#tell("speed");
    const otherView = orbit !== this.orbit || VIEW.some((name) => view[name] !== this.view[name]);
    if (otherView) this.#tell("view", { by: "url", otherClip });
    if (tab !== this.tab) this.#tell("tab", { otherClip });
    if (otherClip) this.#tell("clip", { byUser: false });
    else if (frame !== this.frame) this.#tell("place");
  }

  #url({ t = this.frame } = {}) {
    const url = new URL(location.href);
    const values = { clip: this.clip, t: t || null, speed: this.speed === 1 ? null : this.speed, ...this.view, orbit: this.orbit, tab: this.tab };
    for (const [name, value] of Object.entries(values)) {
      if (value === null) url.searchParams.delete(name);
      else url.searchParams.set(name, value);
    }
    return url;
  }

  #push() {
    history.pushState(history.state, "", this.#url());
  }

  #replace() {
    history.replaceState(history.state, "", this.#url());
  }

  #replaceSoon() {
    clearTimeout(this.#late);
    this.#late = setTimeout(() => this.#settle(), QUIET_MS);
  }

  /** Bring the URL up to date before it gets a successor. */
  #settle() {
    if (!this.#late) return;
    clearTimeout(this.#late);
    this.#late = 0;
    this.#replace();
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

export const store = new Store();
