// What is shown: a clip and a frame of it, in one look, camera and size, on one of two tabs. The URL mirrors it, so that
// reload, the back button and a link lead to the same picture.
// Events: "clip" another clip, "view" another look, camera or size, "live" the URL names other settings of the live tab,
// "tab", "speed", "place" the URL names another frame,
// "query" the list is searched, filtered or sorted otherwise, "layout" it is shown otherwise, "panel" one opened or
// closed, "review" another queue is judged or none, "compare" the clip is compared with others or otherwise, "about" the
// data set is known, "row" the row of a clip was read anew, "stage" the film or the facts of the clip came or went.

import { getJSON, RouteError, setParameters } from "./api.js";
import { compareOf, isSame, NOTHING, parametersOf, seenFrom } from "./compare/link.js";
import { ClipQuery } from "./list/clip-query.js";
import { LIVE_NAMES } from "./live-link.js";

const VIEW = ["look", "camera", "size"];
const TABS = ["live", "mp4"];
const LAYOUTS = ["list", "sheet"];
const PANELS = ["data"];
const QUIET_MS = 300; // browsers refuse to change the URL too often

class Store extends EventTarget {
  about = null; // the answer of the `about` route
  clip = null; // stem
  frame = 0; // where the clip was last paused or sought
  view = { look: "", camera: "", size: 0 };
  live = {}; // further settings of the live tab, as live-link.js writes them
  tab = TABS[0];
  speed = 1;
  query = new ClipQuery(); // of the clip list
  layout = LAYOUTS[0]; // of the clip list
  panel = null; // what lies over the stage
  review = null; // queue of clips that is judged
  /** Other data sets that the clip is compared with, and how. @type {import("./compare/link.js").Compare} */
  compare = NOTHING;
  problem = null; // why the data set could not be loaded
  #late = 0;
  #wishes = 0; // how many things were wished for that are fulfilled later
  #read = false; // the URL was read
  #first = null; // stem that is shown where the URL names none

  constructor() {
    super();
    /** Settles when clip and view are known; the list may still be read. */
    this.opened = this.#load();
    addEventListener("popstate", () => this.#followURL());
  }

  async #load() {
    try {
      const asked = new URLSearchParams(location.search);
      const first = asked.has("clip") ? null : firstClip(ClipQuery.read(asked));
      this.about = await getJSON("about");
      this.#first = (await first) ?? this.about.dataset.first;
    } catch (error) {
      this.problem = error.message;
      this.#read = true;
      this.#tell("about");
      return;
    }
    this.#read = true;
    this.#followURL();
    this.#tell("about");
  }

  /** The row of a clip was read anew, because it was opened. */
  updateRow(row) {
    this.#tell("row", row);
  }

  /** Put off what is asked for before the URL was read, which would undo it. @returns {boolean} whether that is so */
  #putOff(run) {
    if (!this.#read) this.opened.then(run);
    return !this.#read;
  }

  /** Search, filter or sort the list. step: the back button is to undo it. */
  setQuery(query, { step = true } = {}) {
    if (this.#putOff(() => this.setQuery(query, { step }))) return;
    if (query.key === this.query.key) return;
    if (step) this.#settle();
    this.query = query;
    if (step) this.#push();
    else this.#replaceSoon();
    this.#tell("query", { byUser: true });
  }

  /** Show the clips as "list" or "sheet". */
  setLayout(layout) {
    if (this.#putOff(() => this.setLayout(layout))) return;
    if (layout === this.layout) return;
    this.layout = layout;
    this.#replaceSoon();
    this.#tell("layout");
  }

  /** Open the panel "data" over the stage, or none. */
  setPanel(panel) {
    if (this.#putOff(() => this.setPanel(panel))) return;
    if (panel === this.panel) return;
    this.#settle();
    this.panel = panel;
    this.#push();
    this.#tell("panel");
  }

  /** Judge the clips of a queue, or of none. */
  setReview(review) {
    if (this.#putOff(() => this.setReview(review))) return;
    if (review === this.review) return;
    this.#settle();
    this.review = review;
    this.#push();
    this.#tell("review");
  }

  /** Compare the clip with others, or otherwise. step: the back button is to undo it. */
  setCompare(change, { step = true } = {}) {
    const compare = { ...this.compare, ...change };
    if (isSame(compare, this.compare)) return;
    if (step) this.#settle();
    this.compare = compare;
    if (step) this.#push();
    else this.#replaceSoon();
    this.#tell("compare");
  }

  /** Show a clip where there was none to show: the data set was still being listed. */
  begin(stem) {
    if (this.clip !== null) return;
    this.clip = stem;
    this.#replace();
    this.#tell("clip", { byUser: false });
  }

  /** Number of a wish that is fulfilled later, such as for the next clip: what the user does meanwhile is newer. */
  wish() {
    return (this.#wishes += 1);
  }

  /** Show a clip because the user asked for it. wish: number that it got when it was asked for. */
  open(stem, { wish } = {}) {
    if (stem === undefined) return;
    if (stem === this.clip) {
      this.setPanel(null); // which hides it
      return;
    }
    this.#settle();
    const { panel } = this;
    this.panel = null;
    this.clip = stem;
    this.frame = 0;
    this.live = { ...this.live, region: null }; // of the clip before
    this.#push();
    if (panel !== null) this.#tell("panel");
    this.#tell("clip", { byUser: true, wish });
  }

  /** Change look, camera or size because the user asked for it. by: "form" of the page, or "player". */
  setView(change, by = "form") {
    const view = { ...this.view, ...change, size: Number(change.size ?? this.view.size) };
    if (VIEW.every((name) => view[name] === this.view[name])) return;
    this.#settle();
    if (view.camera !== this.view.camera) this.live = { ...this.live, orbit: null };
    this.view = view;
    this.#push();
    this.#tell("view", { by });
  }

  /** Show the tab "live" or "mp4". replace: the back button is not to lead to the former one. */
  setTab(tab, { replace = false } = {}) {
    if (this.#putOff(() => this.setTab(tab, { replace }))) return;
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

  /** Note settings of the live tab, by LIVE_NAMES. */
  setLive(live) {
    if (LIVE_NAMES.every((name) => live[name] === this.live[name])) return;
    this.live = live;
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

  /** A URL that shows another data set as this one is shown. clip: stem there, null for its first; frame: of it. */
  linkTo(data, clip, frame) {
    const url = this.#url({ t: frame });
    const here = this.about?.data; // none where the link named a data set that is not shown
    const compare = parametersOf(here ? seenFrom(this.compare, here, data) : this.compare);
    setParameters(url.searchParams, { data, ...new ClipQuery().parameters, ...compare });
    if (clip === null) setParameters(url.searchParams, { clip, t: null, region: null });
    else url.searchParams.set("clip", clip);
    return url.href;
  }

  #followURL() {
    clearTimeout(this.#late);
    this.#late = 0;
    const query = new URLSearchParams(location.search);
    const { defaults } = this.about;
    const { clip, frame, view, live, tab, speed, layout, panel, review, compare } = this;
    const listed = this.query.key;
    const number = (name, otherwise, valid) => (valid(Number(query.get(name) ?? NaN)) ? Number(query.get(name)) : otherwise);
    this.clip = query.get("clip") ?? this.#first;
    this.query = ClipQuery.read(query);
    this.layout = LAYOUTS.find((name) => name === query.get("list")) ?? LAYOUTS[0];
    this.panel = PANELS.find((name) => name === query.get("panel")) ?? null;
    this.review = query.get("review") || null;
    this.compare = compareOf(query);
    this.frame = number("t", 0, (value) => Number.isInteger(value) && value >= 0);
    this.speed = number("speed", 1, (value) => value >= 0.1 && value <= 2);
    this.live = Object.fromEntries(LIVE_NAMES.map((name) => [name, query.get(name)]));
    this.tab = TABS.find((name) => name === query.get("tab")) ?? TABS[0];
    this.view = {
      look: query.get("look") ?? defaults.look,
      camera: query.get("camera") ?? defaults.camera,
      size: number("size", defaults.size, (value) => Number.isInteger(value) && value > 0),
    };
    const otherClip = clip !== this.clip;
    if (listed !== this.query.key) this.#tell("query", { byUser: false });
    if (layout !== this.layout) this.#tell("layout");
    if (panel !== this.panel) this.#tell("panel");
    if (review !== this.review) this.#tell("review");
    if (!isSame(compare, this.compare)) this.#tell("compare");
    if (speed !== this.speed) this.#tell("speed");
    if (VIEW.some((name) => view[name] !== this.view[name])) this.#tell("view", { by: "url", otherClip });
    if (LIVE_NAMES.some((name) => live[name] !== this.live[name])) this.#tell("live", { otherClip });
    if (tab !== this.tab) this.#tell("tab", { otherClip });
    if (otherClip) this.#tell("clip", { byUser: false });
    else if (frame !== this.frame) this.#tell("place");
  }

  #url({ t = this.frame } = {}) {
    const url = new URL(location.href);
    if (this.about === null) return url;
    const values = { clip: this.clip, t: t || null, speed: this.speed === 1 ? null : this.speed, ...this.view, ...this.live, tab: this.tab };
    const list = { list: this.layout === LAYOUTS[0] ? null : this.layout, panel: this.panel, review: this.review };
    if (this.about.data !== null) url.searchParams.set("data", this.about.data); // so that a link opens the same one
    setParameters(url.searchParams, { ...values, ...this.query.parameters, ...list, ...parametersOf(this.compare) });
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

/** Stem of the first clip of the list; null where there is none. */
async function firstClip(query) {
  try {
    const { rows } = await getJSON("clips", { ...query.parameters, limit: 1 });
    return rows[0]?.stem ?? null;
  } catch (error) {
    if (!(error instanceof RouteError)) throw error;
    return null; // the list says what is wrong with the query
  }
}

export const store = new Store();
