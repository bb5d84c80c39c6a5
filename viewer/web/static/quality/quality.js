// What checks say: of the open clip, and how far the check of all clips is, which the tabs of all visitors share.
// Events: "clip" findings of the open clip came, went or cannot be had, "run" the check of all clips went on.

import { getJSON, RouteError } from "../api.js";
import { BackgroundRun } from "../background-run.js";
import { order } from "../list/clip-order.js";
import { store } from "../store.js";

/** `run` is {state, done, failed, total, message, checked, version}. */
class QualityOfSet extends BackgroundRun {
  /** The answer of the route `quality` for the open clip; null until it has come. */
  clip = null;
  /** Why there is none. @type {string | null} */
  problem = null;
  #abort = new AbortController();
  #asked = false; // for what checks say of the open clip

  constructor() {
    super("quality/run");
    store.addEventListener("clip", () => this.#forget());
    store.addEventListener("stage", ({ detail }) => this.#onStage(detail));
  }

  /** Check all clips, or go on with it. */
  start() {
    return this.ask("quality/start");
  }

  /** Stop that; what was checked is kept. */
  stop() {
    return this.ask("quality/stop");
  }

  /** Clips whose motion is most like that of a clip: [{stem, distance, text}], the nearest first. */
  async nearest(clip) {
    return (await getJSON("quality/nearest", { clip })).nearest;
  }

  #forget() {
    this.#abort.abort();
    this.clip = this.problem = null;
    this.#asked = false;
    this.#tellClip();
  }

  /** The clip's facts are there: it is shown, and its findings may come. */
  #onStage({ clip }) {
    if (clip && clip.stem === store.clip && this.clip?.stem !== clip.stem) this.#load();
  }

  async #load() {
    this.#abort.abort();
    const { signal } = (this.#abort = new AbortController());
    const asked = store.clip;
    this.#asked = true;
    try {
      const answer = await getJSON("quality", { clip: asked }, signal);
      if (asked !== store.clip) return;
      this.clip = answer;
      this.problem = null;
    } catch (error) {
      if (error.name === "AbortError") return;
      if (!(error instanceof RouteError)) throw error;
      this.clip = null;
      this.problem = error.message;
    }
    this.#tellClip();
  }

  changed(before) {
    super.changed(before);
    if (before === null || before.version === this.run.version) return;
    order.catchUp();
    if (this.#asked) this.#load();
  }

  #tellClip() {
    this.dispatchEvent(new Event("clip"));
  }
}

export const quality = new QualityOfSet();
