// <clip-timeline>: sound, words and curves of a clip over time. docs/timeline.md describes it.

import { frameMiddle, framesIn, frameStart } from "../player/clock.js";
import { fetchPacked } from "../player/fetching.js";
import { inFrames, inSeconds, regionMarked } from "../player/region.js";
import { make, ownColours } from "../style.js";
import { ThemeWatch } from "../theme-watch.js";
import { Timeline } from "./data.js";
import { Differences } from "./differences.js";
import { Findings } from "./findings-data.js";
import { FindingsLane } from "./findings-lane.js";
import { actionOf } from "./keys.js";
import { Message } from "./message.js";
import { followPointers } from "./pointer.js";
import { regionBetween } from "./region.js";
import { sheet } from "./sheet.js";
import { Surface } from "./surface.js";
import { Toolbar } from "./toolbar.js";
import { TimeView } from "./view.js";

const ROUTES = new URL("../../timeline/", import.meta.url).href; // …/viewer/timeline/

/**
 * Fires `seek` {time, frame}, `region` {start, end} or null and `finding` when the user asks, never because a property was set,
 * and `load` or `error` {message} when a clip has come or cannot be had.
 */
export class ClipTimeline extends HTMLElement {
  static observedAttributes = ["src", "stem"];

  #base = ROUTES;
  #timeline = null;
  #packed = null;
  #stem = null;
  #loading = null; // AbortController of the request under way
  #view = new TimeView();
  #time = 0;
  #hoverX = null; // where the pointer is, in pixels: what is there changes with zoom
  #sought = -1; // frame of the last `seek` of a drag
  #region = null;
  #selects = false;
  #off = new Set();
  #stale = { scene: true, requested: false };

  #surface = new Surface();
  #body = this.#surface.element;
  #lane; // of findings
  #message = new Message();
  #notes = make("p", { class: "notes", hidden: true });
  #bar = new Toolbar({
    toggle: (name) => this.toggle(name),
    zoom: (factor) => this.#actions.zoom(factor),
    reset: () => this.#actions.reset(),
    toggleSelects: () => this.#change(() => (this.#selects = !this.#selects)),
    clear: () => this.#actions.clear(),
  });
  #resizes = new ResizeObserver(() => this.#repaint());
  #themes = new ThemeWatch(() => this.#repaint());

  /** What keys and buttons do. */
  #actions = {
    step: (frames) => this.#seekFrame(this.frame + frames),
    skip: (seconds) => this.#seekFrame(this.frame + framesIn(seconds, this.#timeline.fps)),
    goTo: (frame) => this.#seekFrame(frame),
    mark: (edge) => this.#mark(edge),
    clear: () => this.#ask(null),
    zoom: (factor) => this.#change(() => this.#view.zoom(factor, this.#shownTime())),
    reset: () => this.#change(() => this.#view.reset()),
  };

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [ownColours, sheet];
    this.#lane = new FindingsLane(this.#body, {
      scene: () => this.#surface.scene,
      pick: (finding) => this.dispatchEvent(new CustomEvent("finding", { detail: finding })),
    });
    this.#body.append(this.#lane.element);
    root.append(this.#bar.element, this.#body, this.#message.element, this.#notes);
    followPointers(this.#body, {
      layout: () => this.#surface.scene?.layout ?? null,
      region: () => this.#region,
      selects: () => this.#selects,
      seek: (time, first) => this.#seekPointer(time, first),
      select: (from, to) => (this.region = regionBetween(from, to, this.#timeline)),
      selected: () => this.#tellRegion(),
      clear: () => this.#ask(null),
      hover: (x) => this.#setHover(x),
      zoom: (factor, time) => this.#change(() => this.#view.zoom(factor, time)),
      pan: (seconds) => this.#change(() => this.#view.pan(seconds)),
      reset: () => this.#actions.reset(),
      cursor: (cursor) => (this.#body.style.cursor = cursor),
    });
    this.#body.addEventListener("pointerdown", () => this.#bar.close());
    this.#body.addEventListener("keydown", (event) => this.#key(event));
    this.data = null;
  }

  connectedCallback() {
    this.#resizes.observe(this);
    this.#themes.start();
    if (this.hasAttribute("stem") && this.#stem === null) this.load(this.getAttribute("stem"));
    else if (this.#stem !== null && this.#timeline === null && this.#loading?.signal.aborted) this.load(this.#stem); // it was moved
  }

  disconnectedCallback() {
    this.#resizes.disconnect();
    this.#themes.stop();
    this.#loading?.abort();
  }

  attributeChangedCallback(name, former, value) {
    if (former === value) return;
    if (name === "src") this.#base = value === null ? ROUTES : new URL(value.replace(/\/*$/, "/"), document.baseURI).href;
    else if (value !== null && this.isConnected) this.load(value);
  }

  /** Stem of the clip that is shown or being fetched. @type {string | null} */
  get stem() {
    return this.#stem;
  }

  /**
   * Fetch a clip's timeline and show it. A later call takes an earlier one's place.
   * @param {string} stem
   * @returns {Promise<boolean>} true once it is shown; false where another took its place, or it failed ("error")
   */
  async load(stem) {
    this.#reset(stem);
    const { signal } = (this.#loading = new AbortController());
    this.#message.say("Loading…");
    let packed;
    try {
      packed = await fetchPacked(`${this.#base}clip.bin?stem=${encodeURIComponent(stem)}`, { signal });
    } catch (error) {
      if (signal.aborted) return false;
      this.#message.say(error.message, () => this.load(stem));
      this.dispatchEvent(new CustomEvent("error", { detail: { message: error.message } }));
      return false;
    }
    if (signal.aborted) return false;
    this.#show(packed);
    this.dispatchEvent(new CustomEvent("load"));
    return true;
  }

  /** What is shown, as the route sends it and `fetchPacked` reads it: {header, arrays}; null: nothing. Setting it shows it. */
  get data() {
    return this.#packed;
  }

  set data(packed) {
    this.#reset(packed?.header.stem ?? null);
    if (packed === null) this.#message.clear();
    else this.#show(packed);
  }

  /** What checks say of the clip that is shown, as the route `quality` sends it; null: nothing. Fires nothing. */
  set quality(quality) {
    if (this.#timeline === null) return;
    this.#change(() => this.#timeline.show(quality && new Findings(quality)));
    this.#bar.setRows(this.#timeline);
  }

  /** Tracks that the clip that is shown is compared with; null: none. Fires nothing. @param {import("./differences.js").ComparedTrack[] | null} tracks */
  set compared(tracks) {
    if (this.#timeline === null) return;
    this.#change(() => this.#timeline.compare(tracks?.length ? new Differences(tracks, this.#timeline.frames) : null));
    this.#bar.setRows(this.#timeline);
  }

  /** Words of the clip that is shown, as the route `words` sends them; null: as they are estimated. Fires nothing. */
  set speech(speech) {
    if (this.#timeline !== null) this.#change(() => this.#timeline.speak(speech));
  }

  /** What stands in the lane. @type {import("./findings-data.js").Findings | null} */
  get findings() {
    return this.#timeline?.findings ?? null;
  }

  /** Say at its mark what a finding is, until the pointer moves or another clip comes; null: nothing. */
  tellFinding(finding) {
    this.#lane.say(finding);
  }

  /** Seconds at the playhead; the host sets it for each picture it shows. Fires nothing. */
  get time() {
    return this.#time;
  }

  set time(seconds) {
    if (seconds === this.#time || !Number.isFinite(seconds)) return;
    const moved = this.#timeline !== null && this.#hoverX === null && this.#view.follow(this.#time, seconds);
    this.#time = seconds;
    if (moved) this.#repaint();
    else this.#request();
  }

  /** Frame at the playhead. */
  get frame() {
    return this.#timeline?.frameAt(this.#time) ?? 0;
  }

  /** The marked region in seconds, or null. Setting it fires nothing. @type {{start: number, end: number} | null} */
  get region() {
    return this.#region && { ...this.#region };
  }

  set region(region) {
    this.#change(() => (this.#region = region && { start: region.start, end: region.end }));
  }

  /** Stretch of time that is shown, in seconds. Setting it zooms. @type {{start: number, end: number}} */
  get view() {
    return { start: this.#view.start, end: this.#view.end };
  }

  set view({ start, end }) {
    this.#change(() => this.#view.show(start, end));
  }

  /** Names of the curves and rows that are switched off. @type {string[]} */
  get off() {
    return [...this.#off];
  }

  set off(names) {
    this.#change(() => (this.#off = new Set(names)));
  }

  /** Switch a curve or row on or off. */
  toggle(name) {
    this.#change(() => this.#off.delete(name) || this.#off.add(name));
    this.dispatchEvent(new CustomEvent("toggle", { detail: { off: this.off } }));
  }

  /** What is read out: all values at the hovered frame, or else at the playhead. @returns {import("./data.js").Readout | null} */
  readout() {
    return this.#timeline?.readout(this.#shownTime()) ?? null;
  }

  #shownTime() {
    return this.#hover ?? this.#time;
  }

  /** Seconds at the pointer, or null where it is elsewhere. */
  get #hover() {
    return this.#hoverX === null || !this.#surface.scene ? null : this.#surface.scene.layout.timeAt(this.#hoverX);
  }

  /** Show nothing of the clip before; time and region of the next one may be set before it has come. */
  #reset(stem) {
    this.#loading?.abort();
    this.#stem = stem;
    this.#timeline = this.#packed = this.#surface.scene = this.#hoverX = this.#region = null;
    this.#time = 0;
    this.#lane.say(null);
    this.#body.hidden = this.#bar.element.hidden = this.#notes.hidden = true;
  }

  #show(packed) {
    const { notes } = packed.header;
    this.#packed = packed;
    this.#timeline = new Timeline(packed, { lane: this.hasAttribute("lane") });
    this.#view.reset(this.#timeline.duration);
    this.#bar.setRows(this.#timeline);
    this.#notes.textContent = notes.join(" ");
    this.#notes.hidden = notes.length === 0;
    this.#message.clear();
    this.#body.hidden = this.#bar.element.hidden = false;
    this.#repaint();
  }

  #seekPointer(time, first) {
    const frame = this.#timeline.frameAt(time);
    if (first || frame !== this.#sought) this.#seekFrame(frame);
  }

  #seekFrame(frame) {
    this.#sought = Math.min(Math.max(frame, 0), this.#timeline.frames - 1);
    const time = frameMiddle(this.#sought, this.#timeline.fps);
    this.dispatchEvent(new CustomEvent("seek", { detail: { time, frame: this.#sought } }));
  }

  /** Change the region because the user wants it so. */
  #ask(region) {
    if (region === null && this.#region === null) return;
    this.region = region;
    this.#tellRegion();
  }

  /** Put one end of the region where the playhead is. */
  #mark(edge) {
    const { fps, frames } = this.#timeline;
    this.#ask(inSeconds(regionMarked(inFrames(this.#region, fps), edge, this.frame, frames), fps));
  }

  #tellRegion() {
    this.dispatchEvent(new CustomEvent("region", { detail: this.region }));
  }

  #setHover(x) {
    if (x === this.#hoverX) return;
    this.#hoverX = x;
    this.#request();
  }

  #key(event) {
    const action = this.#timeline && actionOf(event);
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action(this.#actions);
  }

  #change(change) {
    change();
    this.#repaint();
  }

  #repaint() {
    this.#stale.scene = true;
    this.#request();
  }

  #request() {
    if (this.#stale.requested) return;
    this.#stale.requested = true;
    requestAnimationFrame(() => {
      this.#stale.requested = false;
      this.#paint();
    });
  }

  #paint() {
    const width = this.clientWidth;
    if (this.#timeline === null || width === 0) return; // or in a hidden tab
    if (this.#stale.scene || !this.#surface.fits(width)) this.#paintScene(width);
    const readout = this.readout();
    this.#surface.paint({ time: this.#time, hover: this.#hover, region: this.#region }, readout);
    this.#bar.showTime(frameStart(readout.frame, this.#timeline.fps), readout, this.#timeline.frames);
  }

  #paintScene(width) {
    this.#stale.scene = false;
    this.#surface.paintScene(this.#timeline, this.#timeline.rowsWithout(this.#off), this.#view, width);
    const { palette } = this.#surface.scene;
    this.#bar.show({ off: this.#off, palette, selects: this.#selects, hasRegion: this.#region !== null, whole: this.#view.whole });
  }
}

customElements.define("clip-timeline", ClipTimeline);
