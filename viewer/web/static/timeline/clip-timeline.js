// <clip-timeline>: sound, words and curves of a clip over time. docs/timeline.md describes it.

import { frameMiddle } from "../player/clock.js";
import { make } from "../style.js";
import { clockTime, fetchTimeline, rangeOf, Timeline } from "./data.js";
import { actionOf } from "./keys.js";
import { followPointers } from "./pointer.js";
import { sheet } from "./sheet.js";
import { Surface } from "./surface.js";
import { Toolbar } from "./toolbar.js";
import { TimeView } from "./view.js";

const ROUTES = new URL("../../timeline/", import.meta.url).href; // …/viewer/timeline/

/**
 * Fires `seek` {time, frame} and `region` {start, end} or null when the user asks, never because a property was set,
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
  #hover = null;
  #sought = -1; // frame of the last `seek` of a drag
  #region = null;
  #selects = false;
  #off = new Set();
  #stale = { scene: true, requested: false };

  #surface = new Surface();
  #body = this.#surface.element;
  #message = make("div", { class: "message", role: "status" });
  #notes = make("p", { class: "notes", hidden: true });
  #bar = new Toolbar({
    toggle: (name) => this.toggle(name),
    zoom: (factor) => this.#actions.zoom(factor),
    reset: () => this.#actions.reset(),
    toggleSelects: () => this.#change(() => (this.#selects = !this.#selects)),
    clear: () => this.#actions.clear(),
  });
  #resizes = new ResizeObserver(() => this.#repaint());
  #themes = new MutationObserver(() => this.#repaint());
  #darkness = matchMedia("(prefers-color-scheme: dark)");
  #onDarkness = () => this.#repaint();

  /** What keys and buttons do. */
  #actions = {
    step: (frames) => this.#seekFrame(this.frame + frames),
    skip: (seconds) => this.#seekFrame(this.#timeline.frameAt(this.#time + seconds)),
    goTo: (frame) => this.#seekFrame(frame),
    mark: (end) => this.#mark(end),
    clear: () => this.#ask(null),
    zoom: (factor) => this.#change(() => this.#view.zoom(factor, this.#hover ?? this.#shownTime())),
    reset: () => this.#change(() => this.#view.reset()),
  };

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    root.append(this.#bar.element, this.#body, this.#message, this.#notes);
    followPointers(this.#body, {
      layout: () => this.#surface.scene?.layout ?? null,
      region: () => this.#region,
      selects: () => this.#selects,
      seek: (time, first) => this.#seekPointer(time, first),
      select: (start, end, done) => this.#select(start, end, done),
      clear: () => this.#ask(null),
      hover: (time) => this.#setHover(time),
      zoom: (factor, time) => this.#change(() => this.#view.zoom(factor, time)),
      pan: (seconds) => this.#change(() => this.#view.pan(seconds)),
      reset: () => this.#actions.reset(),
      cursor: (cursor) => (this.#body.style.cursor = cursor),
    });
    this.#body.addEventListener("pointerdown", () => this.#bar.close());
    this.#body.addEventListener("keydown", (event) => this.#key(event));
    this.#say("No clip");
  }

  connectedCallback() {
    this.#resizes.observe(this);
    for (const element of [document.documentElement, document.body]) {
      this.#themes.observe(element, { attributeFilter: ["class", "style", "data-theme"] });
    }
    this.#darkness.addEventListener("change", this.#onDarkness);
    if (this.hasAttribute("stem") && this.#stem === null) this.load(this.getAttribute("stem"));
  }

  disconnectedCallback() {
    this.#resizes.disconnect();
    this.#themes.disconnect();
    this.#darkness.removeEventListener("change", this.#onDarkness);
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
    this.#loading?.abort();
    const loading = (this.#loading = new AbortController());
    this.#clear();
    this.#stem = stem;
    this.#say("Loading…");
    try {
      const packed = await fetchTimeline(`${this.#base}clip.bin?stem=${encodeURIComponent(stem)}`, loading.signal);
      if (loading.signal.aborted) return false;
      this.data = packed;
    } catch (error) {
      if (loading.signal.aborted) return false;
      this.#say(error.message, () => this.load(stem));
      this.dispatchEvent(new CustomEvent("error", { detail: { message: error.message } }));
      return false;
    }
    this.dispatchEvent(new CustomEvent("load"));
    return true;
  }

  /** What is shown, as the route sends it and `unpack` reads it: {header, arrays}; null: nothing. Setting it shows it. */
  get data() {
    return this.#packed;
  }

  set data(packed) {
    this.#loading?.abort();
    this.#clear();
    this.#stem = packed?.header.stem ?? null;
    if (packed === null) return this.#say("No clip");
    this.#packed = packed;
    this.#timeline = new Timeline(packed);
    this.#view.reset(this.#timeline.duration);
    this.#bar.setRows(this.#timeline);
    this.#body.setAttribute("aria-valuemax", String(this.frames - 1));
    this.#notes.textContent = packed.header.notes.join(" ");
    this.#notes.hidden = packed.header.notes.length === 0;
    this.#say("");
    this.#repaint();
  }

  /** Seconds at the playhead; the host sets it for each picture it shows. Fires nothing. */
  get time() {
    return this.#time;
  }

  set time(seconds) {
    if (seconds === this.#time || !Number.isFinite(seconds)) return;
    const moved = this.#timeline !== null && this.#hover === null && this.#view.follow(this.#time, seconds);
    this.#time = seconds;
    if (moved) this.#repaint();
    else this.#request();
  }

  /** Frame at the playhead. */
  get frame() {
    return this.#timeline?.frameAt(this.#time) ?? 0;
  }

  get frames() {
    return this.#timeline?.frames ?? 0;
  }

  get fps() {
    return this.#timeline?.fps ?? 0;
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

  /**
   * What is read out: all values at the hovered frame, or else at the playhead.
   * @returns {{frame: number, time: number, word: string | null, values: Record<string, {value: number, unit: string, label: string}>} | null}
   */
  readout() {
    if (this.#timeline === null) return null;
    const time = this.#shownTime();
    const frame = this.#timeline.frameAt(time);
    const values = this.#timeline.curves.map(({ name, label, unit, values }) => [name, { value: values[frame], unit, label }]);
    return { frame, time, word: this.#timeline.words[this.#timeline.wordAt(time)]?.[0] ?? null, values: Object.fromEntries(values) };
  }

  #shownTime() {
    return this.#hover ?? this.#time;
  }

  #clear() {
    this.#timeline = this.#packed = this.#surface.scene = this.#hover = this.#region = null;
    this.#time = 0;
    this.#notes.hidden = true;
  }

  /** A message in the place of the picture; "": the picture. */
  #say(text, retry = null) {
    this.#message.hidden = text === "";
    this.#message.classList.toggle("error", retry !== null);
    this.#message.replaceChildren(text);
    if (retry) {
      const again = make("button", { type: "button" }, "Try again");
      again.addEventListener("click", retry);
      this.#message.append(again);
    }
    this.#body.hidden = this.#bar.element.hidden = this.#timeline === null;
  }

  #seekPointer(time, first) {
    const frame = this.#timeline.frameAt(time);
    if (!first && frame === this.#sought) return;
    this.#seekFrame(frame);
  }

  #seekFrame(frame) {
    this.#sought = Math.min(Math.max(frame, 0), this.frames - 1);
    const time = frameMiddle(this.#sought, this.fps);
    this.dispatchEvent(new CustomEvent("seek", { detail: { time, frame: this.#sought } }));
  }

  /** Mark whole frames between two times; tell when it is done. */
  #select(from, to, done) {
    const [first, end] = from < to ? [from, to] : [to, from];
    const start = this.#timeline.frameAt(first);
    const stop = Math.min(Math.max(Math.ceil(end * this.fps - 1e-6), start + 1), this.frames);
    this.region = { start: start / this.fps, end: stop / this.fps };
    if (done) this.#tellRegion();
  }

  #mark(end) {
    const { start = 0, end: stop = this.#timeline.duration } = this.#region ?? {};
    const here = this.frame / this.fps;
    const next = (this.frame + 1) / this.fps;
    if (end === "start") this.#ask({ start: here, end: stop > here ? stop : this.#timeline.duration });
    else this.#ask({ start: start < next ? start : 0, end: next });
  }

  /** Change the region because the user wants it so. */
  #ask(region) {
    if (region === null && this.#region === null) return;
    this.region = region;
    this.#tellRegion();
  }

  #tellRegion() {
    this.dispatchEvent(new CustomEvent("region", { detail: this.region }));
  }

  #setHover(time) {
    if (time === this.#hover) return;
    this.#hover = time;
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
    this.#bar.showTime(readout.time, readout.frame, this.frames);
    this.#body.setAttribute("aria-valuenow", String(this.frame));
    this.#body.setAttribute("aria-valuetext", `frame ${this.frame + 1} of ${this.frames}, ${clockTime(this.#time, 2)}`);
  }

  #paintScene(width) {
    this.#stale.scene = false;
    this.#surface.paintScene(this.#timeline, this.#shownRows(), this.#view, width);
    const { palette } = this.#surface.scene;
    this.#bar.show({ off: this.#off, palette, selects: this.#selects, hasRegion: this.#region !== null, whole: this.#view.whole });
  }

  #shownRows() {
    return this.#timeline.rows.flatMap((row) => {
      if (row.curves.length === 0) return this.#off.has(row.key) ? [] : [row];
      const curves = row.curves.filter(({ name }) => !this.#off.has(name));
      return curves.length === 0 ? [] : [{ ...row, curves, range: rangeOf(curves) }];
    });
  }
}

customElements.define("clip-timeline", ClipTimeline);
