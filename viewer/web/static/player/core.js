// The player without its buttons: which clip is open, and the picture that follows the clock.

import { Comparison } from "./comparison.js";
import { SourceError } from "./fetching.js";
import { Playback } from "./playback.js";
import { Source } from "./source.js";
import { Stage } from "./stage.js";

const HIDDEN_MS = 250; // between looks at the clock while the tab is hidden
const RESTING_MS = 200; // after which a picture is drawn once more, as finely as can be
const NO_WEBGL =
  "This browser cannot draw in 3D: WebGL 2 is missing or switched off. " +
  "Sound and words still play, and the rendered mp4 shows the face.";

/** @typedef {"empty" | "loading" | "ready" | "error"} State */

/**
 * Events: "change" something to show has changed, "frame" another frame is shown; and what the element announces:
 * "open", "play", "pause", "ended", "blocked", "error" with `detail`.
 */
export class PlayerCore extends EventTarget {
  playback = new Playback();
  /** @type {State} */
  state = "empty";
  /** @type {string | null} */
  stem = null;
  /** Header of the open clip. */
  clip = null;
  /** Share of the clip that has arrived, or null while a lost connection is tried again. */
  progress = 0;
  /** Why there is no picture. @type {{message: string, kind: "webgl" | "connection" | "refused"} | null} */
  problem = null;
  /** What to tell about the clip, besides what came with it. @type {string[]} */
  remarks = [];
  #source = null;
  #opening = new AbortController();
  #request = null;
  #awake = null; // function that calls the next look at the clock off
  #rest = 0;
  #wasPlaying = false;
  #lasting = null; // a problem that no clip will solve

  /** @param {HTMLCanvasElement} canvas  @param {string} base  URL of the routes */
  constructor(canvas, base) {
    super();
    this.stage = new Stage(canvas);
    this.appearance = this.stage.appearance;
    this.comparison = new Comparison(this.stage);
    this.base = base;
    this.playback.addEventListener("frame", () => this.#frame());
    this.playback.addEventListener("state", () => this.#state());
    this.playback.addEventListener("ended", () => this.announce("ended"));
    this.playback.addEventListener("blocked", () => this.announce("blocked"));
    this.playback.addEventListener("silent", () => {
      this.remarks.push("The sound could not be loaded; open the clip again to retry");
      this.announce("silent");
    });
    this.comparison.addEventListener("change", () => this.announce("tracks"));
    this.comparison.addEventListener("flip", () => {
      if (!this.playback.playing) this.stage.draw({ still: true }); // both equally fine, or it is this that one would see
      this.#change();
    });
  }

  /** URL of the routes, with a slash at its end. */
  set base(url) {
    this.#source = Source.at(url);
  }

  /** Start WebGL and fetch the head; without WebGL, everything but the picture still works. */
  start() {
    this.#prepare();
    if (this.stage.start()) return;
    this.#lasting = { message: NO_WEBGL, kind: "webgl" };
    this.#fail(this.#lasting);
  }

  /** Vertices of the frame shown, in metres, interleaved; a copy, or null where no clip is shown. */
  get vertices() {
    return this.state === "ready" ? this.stage.vertices.slice() : null;
  }

  /** Whether the clip was to be played and the viewer says that it cannot be. */
  get refusedToPlay() {
    return this.state === "error" && this.problem?.kind === "refused" && Boolean(this.#request?.play);
  }

  /** See FlamePlayer.open. */
  async open(stem, { play = false, frame: wished = 0 } = {}) {
    const frame = Number.isFinite(Number(wished)) ? Number(wished) : 0;
    this.#opening.abort();
    const { signal } = (this.#opening = new AbortController());
    this.#request = { play, frame };
    this.stem = String(stem);
    this.comparison.open(this.stem);
    this.playback.pause();
    Object.assign(this, { state: "loading", progress: 0, problem: this.#lasting, remarks: [] });
    this.#change();
    try {
      const { drawing, clip } = await this.#fetch(signal);
      this.#adopt(drawing, clip, this.#request.frame); // which may have been sought meanwhile
    } catch (error) {
      if (signal.aborted) return false;
      if (!(error instanceof SourceError)) throw error;
      this.#drop();
      this.state = "error";
      this.#fail({ message: error.message, kind: error.lasting ? "refused" : "connection" });
      return false;
    }
    if (play) this.play();
    return true;
  }

  /** Open again what could not be opened. */
  retry() {
    if (this.#request) return this.open(this.stem, this.#request);
    this.problem = this.#lasting;
    this.#change();
    return this.#prepare();
  }

  /** Show nothing. */
  close() {
    this.#opening.abort();
    this.#drop();
    Object.assign(this, { state: "empty", stem: null, problem: this.#lasting, remarks: [] });
    this.#change();
  }

  prefetch(stem) {
    return this.#source.prefetch(stem);
  }

  async play() {
    if (this.state === "ready") await this.playback.play();
  }

  async playSpan(first, last, rest) {
    if (this.state === "ready") await this.playback.playSpan(first, last, rest);
  }

  seek(frame) {
    if (!Number.isFinite(Number(frame))) return;
    if (this.state === "ready") this.playback.seek(Number(frame));
    else if (this.state === "loading") this.#request.frame = Number(frame); // of the clip that comes
  }

  /** Draw with the next picture of the browser. */
  wake() {
    if (this.#awake) return;
    clearTimeout(this.#rest);
    this.#awake = document.hidden ? after(HIDDEN_MS, () => this.#look()) : withNextPicture(() => this.#look());
  }

  /** The tab was hidden, or is shown again. */
  turn() {
    this.#awake?.();
    this.#awake = null;
    this.wake();
  }

  /** Follow the clock; draw where somebody can see it. */
  #look() {
    this.#awake = null;
    this.playback.tick();
    if (this.stage.stale) this.#draw();
    if (this.playback.playing) this.wake();
    else if (!document.hidden) this.#restSoon();
  }

  #draw() {
    if (!document.hidden) this.stage.draw();
  }

  /** Draw once more, finely, if nothing follows for a while. */
  #restSoon() {
    clearTimeout(this.#rest);
    if (this.stage.coarse) this.#rest = setTimeout(() => this.stage.draw({ still: true }), RESTING_MS);
  }

  announce(type, detail = {}) {
    this.dispatchEvent(new CustomEvent("announce", { detail: { type, detail } }));
  }

  /** Show the head at rest as soon as it is there: the first clip then finds everything warm. */
  async #prepare() {
    try {
      const drawing = await this.#source.drawing();
      if (this.stage.setup === null) this.#equip(drawing);
      this.#draw();
      this.#change();
    } catch (error) {
      if (!(error instanceof SourceError)) throw error; // the clip that is opened tells it
      if (this.state === "empty") this.#fail({ message: error.message, kind: error.lasting ? "refused" : "connection" });
    }
  }

  #equip(drawing) {
    const remark = this.stage.setDrawing(drawing);
    if (remark) this.remarks.push(remark);
  }

  async #fetch(signal) {
    const report = (share) => {
      this.progress = share;
      this.#change();
    };
    // Side by side: neither waits for the other's way to the server and back.
    const asked = this.#source.drawing();
    asked.catch(() => {}); // reported below; a clip that fails first must not leave it unheard
    const clip = await this.#source.clip(this.stem, { signal, report });
    let drawing = await asked;
    if (clip.header.head !== drawing.setup.head.key) drawing = await this.#source.drawing(clip.header.head);
    signal.throwIfAborted();
    if (clip.header.head !== drawing.setup.head.key) {
      throw new SourceError("The head model has changed; load the page again.", false);
    }
    return { drawing, clip };
  }

  #adopt(drawing, clip, frame) {
    const { header } = clip;
    this.#equip(drawing);
    this.stage.setClip(clip);
    this.comparison.adopt(header);
    this.clip = header;
    this.state = "ready";
    this.stage.showFrame(Math.min(Math.max(Math.round(frame), 0), header.frames - 1));
    this.#draw(); // before anything else: this is what a click waits for
    this.playback.load({ frames: header.frames, fps: header.fps, sound: this.#source.soundURL(clip), frame });
    this.#change();
    this.announce("open", { stem: header.stem, frames: header.frames, fps: header.fps });
  }

  #fail(problem) {
    this.problem = problem;
    this.#change();
    this.announce("error", { ...problem, stem: this.stem });
  }

  #drop() {
    this.playback.unload();
    this.comparison.close();
    this.stage.setClip(null);
    this.clip = null;
    this.wake();
  }

  #frame() {
    this.stage.showFrame(this.playback.frame);
    this.dispatchEvent(new Event("frame"));
    this.wake();
  }

  #state() {
    const { playing } = this.playback;
    if (playing !== this.#wasPlaying) {
      this.#wasPlaying = playing;
      this.announce(playing ? "play" : "pause", { frame: this.playback.frame });
    }
    if (playing) this.wake();
    this.#change();
  }

  #change() {
    this.dispatchEvent(new Event("change"));
  }
}

function withNextPicture(run) {
  const id = requestAnimationFrame(run);
  return () => cancelAnimationFrame(id);
}

function after(milliseconds, run) {
  const id = setTimeout(run, milliseconds);
  return () => clearTimeout(id);
}
