// <flame-player>: a clip played on a FLAME head that this browser computes and draws. docs/player.md describes it.

import { Actions } from "./actions.js";
import { PlayerCore } from "./core.js";
import { press } from "./keys.js";
import { followPointers } from "./orbit.js";
import { FORWARDED, OWN, READ_ONLY, SETTINGS } from "./properties.js";
import { sheet } from "./sheet.js";
import { pictureOf } from "./poster.js";
import { View } from "./view.js";
import { make, ownColours } from "../style.js";

const ROUTES = new URL("../../player/", import.meta.url).href; // …/viewer/player/
/** Time to read why a clip cannot be shown, before autoplay goes on. */
export const SKIP_MS = 3000;

export class FlamePlayer extends HTMLElement {
  static observedAttributes = ["src", "stem", "look", "camera", "loop", "muted", "autoplay-next"];

  #canvas = make("canvas", { role: "img", "aria-label": "Face", class: "blank" });
  #core = new PlayerCore(this.#canvas, ROUTES);
  #actions = new Actions(this);
  #own = { ...OWN };
  #view = new View(this, this.#core, this.#actions, this.#canvas, () => ({
    follows: this.#skips, lost: this.#lost, blocked: this.#blocked,
  }));
  #resizes = new ResizeObserver(([{ contentRect }]) => this.#resize(contentRect));
  #blocked = false;
  #skip = 0;
  #lost = false; // the browser has taken WebGL away for now

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [ownColours, sheet];
    root.append(...this.#view.elements);
    followPointers(this.#canvas, {
      move: (change) => this.#actions.moveCamera(change),
      click: () => this.#click(),
      reset: () => this.#actions.resetCamera(),
    });
    this.#core.addEventListener("change", () => this.#view.change());
    this.#core.addEventListener("frame", () => {
      this.#view.showFrame();
      this.announce("frame", { frame: this.frame, seconds: this.frame / this.fps });
    });
    this.#core.addEventListener("announce", ({ detail }) => this.#hear(detail));
    for (const type of ["contextlost", "contextrestored"]) {
      this.#canvas.addEventListener(`webgl${type}`, () => {
        this.#lost = type === "contextlost";
        this.#view.change();
        this.announce(type);
      });
    }
    this.addEventListener("keydown", (event) => this.#key(event));
    root.addEventListener("pointerdown", (event) => this.#closePanel(event));
    this.#actions.recall();
    this.#view.change();
  }

  connectedCallback() {
    if (!this.hasAttribute("tabindex")) this.tabIndex = 0;
    if (!this.hasAttribute("role")) this.setAttribute("role", "region");
    if (!this.hasAttribute("aria-label")) this.setAttribute("aria-label", "Player");
    this.#core.start();
    this.#resizes.observe(this.#view.picture);
    document.addEventListener("visibilitychange", this.#turned);
    if (this.hasAttribute("stem") && this.state === "empty") this.stem = this.getAttribute("stem");
  }

  disconnectedCallback() {
    queueMicrotask(() => {
      if (this.isConnected) return; // it was only moved
      this.close();
      document.removeEventListener("visibilitychange", this.#turned);
      this.#resizes.disconnect();
      this.#core.stage.release();
    });
  }

  attributeChangedCallback(name, former, value) {
    if (former === value) return;
    if (name === "src") this.#core.base = value === null ? ROUTES : new URL(value.replace(/\/*$/, "/"), document.baseURI).href;
    else if (name === "autoplay-next") this.autoplayNext = value !== null;
    else if (name === "loop" || name === "muted") this[name] = value !== null;
    else if (value !== null && (name !== "stem" || this.isConnected)) this[name] = value;
  }

  /** Stem of the clip that is open or being opened; setting it opens that clip. @type {string | null} */
  get stem() {
    return this.#core.stem;
  }

  set stem(stem) {
    if (stem === null || stem === undefined) return; // as without the attribute
    this.open(stem, { play: this.hasAttribute("autoplay") });
  }

  /** @type {import("./core.js").State} */
  get state() {
    return this.#core.state;
  }

  /** Index of the frame shown, from 0; setting it seeks. */
  get frame() {
    return this.#core.playback.frame;
  }

  set frame(frame) {
    this.seek(frame);
  }

  /** x, y, z in metres of each vertex of the frame shown, as switched layers leave them. @type {Float32Array | null} */
  get vertices() {
    return this.#core.vertices;
  }

  /** Put words in the place of those that came with the clip: [[text, start, end, doubtful], …] in seconds. */
  setWords(words) {
    this.#view.setWords(words);
  }

  /** What came with the clip besides its arrays: words, flags, … @type {object | null} */
  get clip() {
    return this.#core.clip;
  }

  /** What is written on the picture because it is not as in the data. @type {string[]} */
  get notes() {
    return this.#view.notes;
  }

  /** Plain values that a link needs to show the same. */
  get settings() {
    return Object.fromEntries(SETTINGS.map((name) => [name, this[name]]));
  }

  /**
   * Open a clip and show one of its frames. A later call takes an earlier one's place.
   * @param {string} stem
   * @param {{play?: boolean, frame?: number}} [options]
   * @returns {Promise<boolean>} true once the frame is drawn; false where another took its place, or it failed ("error")
   */
  open(stem, options) {
    this.#blocked = false;
    clearTimeout(this.#skip);
    return this.#core.open(stem, options);
  }

  /** Stop, and show nothing. */
  close() {
    clearTimeout(this.#skip);
    this.#core.close();
  }

  /** Bring a clip into the browser's cache because it is likely opened next. */
  prefetch(stem) {
    return this.#core.prefetch(stem);
  }

  /** Start; where the browser demands a click before it plays sound, a button asks for it. */
  play() {
    this.#blocked = false;
    this.#view.change();
    return this.#core.play();
  }

  /** Play frames `first` to `last` once, whatever repeats, then rest at frame `rest`. */
  playSpan(first, last, rest) {
    this.#blocked = false;
    this.#view.change();
    return this.#core.playSpan(first, last, rest);
  }

  pause() {
    this.#core.playback.pause();
  }

  /** Show a frame, held at the clip's ends; goes on from there if it was playing. */
  seek(frame) {
    this.#core.seek(frame);
  }

  /** Pause, and move by frames. */
  step(frames) {
    this.pause();
    if (this.state === "ready") this.seek(this.frame + frames);
  }

  resetCamera() {
    const wanted = this.getAttribute("camera");
    if (this.cameras.length) this.camera = this.cameras.includes(wanted) ? wanted : this.#core.stage.setup.defaults.camera;
  }

  /** Where tracks take turns: show the next one. */
  flip() {
    this.#core.comparison.flip();
  }

  /** The picture as a PNG file; where tracks are compared, all pictures with their labels. @returns {Promise<Blob>} */
  picture() {
    return pictureOf(this.#core);
  }

  /** Fire an event of the element. @returns {boolean} false where a listener took over what would follow */
  announce(type, detail = {}) {
    return this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true, cancelable: true }));
  }

  #hear({ type, detail }) {
    if (type === "blocked") this.#blocked = true;
    this.#view.change();
    this.announce(type, detail);
    const onwards = () => this.announce("next", { byUser: false });
    if (type === "ended" && this.autoplayNext) onwards();
    if (type !== "error" || !this.autoplayNext || !this.#core.refusedToPlay) return;
    this.#skip = setTimeout(() => this.#skips && onwards(), SKIP_MS); // by when it is known whether there is a next one
  }

  /** Whether the next clip takes the place of one that was to be played and cannot be shown. */
  get #skips() {
    return this.autoplayNext && this.hasNext && this.#core.refusedToPlay;
  }

  /** The tab was hidden, or is shown again. */
  #turned = () => this.#core.turn();

  #click() {
    this.focus({ preventScroll: true });
    if (this.state === "ready") this.#actions.toggle();
  }

  #key(event) {
    const target = event.composedPath()[0];
    if (target instanceof HTMLSelectElement || (target instanceof HTMLInputElement && target.type === "range")) return;
    if (event.key === "Escape" && (this.panelOpen || this.helpOpen)) this.panelOpen = this.helpOpen = false;
    const pressesButton = event.key === " " && (target instanceof HTMLButtonElement || target instanceof HTMLInputElement);
    if (pressesButton || !press(event, this.#actions)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  #closePanel(event) {
    if (this.panelOpen && this.#view.isOutsidePanel(event.composedPath())) this.panelOpen = false;
  }

  #resize({ width, height }) {
    if (width === 0 || height === 0) return; // in a hidden tab
    this.#core.stage.resize(width, height);
    this.#core.stage.draw(); // now, not with the next picture: a canvas that was resized is empty
    this.#core.wake(); // which draws it finely once it rests
  }

  static {
    const define = (name, get, set) => Object.defineProperty(this.prototype, name, { get, set, enumerable: true });
    for (const part of Object.keys(FORWARDED)) {
      for (const name of READ_ONLY[part]) define(name, function () { return this.#core[part][name]; });
      for (const name of FORWARDED[part]) {
        define(
          name,
          function () { return this.#core[part][name]; },
          function (value) { this.#core[part][name] = value; this.#view.change(); },
        );
      }
    }
    for (const name of Object.keys(OWN)) {
      define(
        name,
        function () { return this.#own[name]; },
        function (value) { this.#own[name] = Boolean(value); this.#view.change(); },
      );
    }
  }
}

customElements.define("flame-player", FlamePlayer);
