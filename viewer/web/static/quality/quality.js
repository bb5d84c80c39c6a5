// What checks say: of the open clip, and how far the check of all clips is, which the tabs of all visitors share.
// Events: "clip" findings of the open clip came, went or cannot be had, "run" the check of all clips went on.

import { getJSON, postJSON, RouteError } from "../api.js";
import { order } from "../list/clip-order.js";
import { store } from "../store.js";

const RUNNING_MS = 1000;
const IDLE_MS = 5000; // another tab may begin
const LOST_MS = 30_000; // the viewer was stopped, as is told elsewhere: each look fails in the console

class QualityOfSet extends EventTarget {
  /** The answer of the route `quality` for the open clip; null until it has come. */
  clip = null;
  /** Why there is none. @type {string | null} */
  problem = null;
  /** {state, done, failed, total, message, checked, version}; null until it has come. */
  run = null;
  #abort = new AbortController();
  #timer = 0;
  #looking = false;

  constructor() {
    super();
    store.addEventListener("clip", () => this.#forget());
    store.addEventListener("stage", ({ detail }) => this.#onStage(detail));
    document.addEventListener("visibilitychange", () => this.#look());
    store.opened.then(() => this.#look());
  }

  /** Whether clips are being checked. */
  get running() {
    return ["running", "cancelling"].includes(this.run?.state);
  }

  /** Check all clips, or go on with it. */
  start() {
    return this.#ask("quality/start");
  }

  /** Stop that; what was checked is kept. */
  stop() {
    return this.#ask("quality/stop");
  }

  /** Clips whose motion is most like that of a clip: [{stem, distance, text}], the nearest first. */
  async nearest(clip) {
    return (await getJSON("quality/nearest", { clip })).nearest;
  }

  #forget() {
    this.#abort.abort();
    this.clip = this.problem = null;
    this.#tell("clip");
  }

  /** The clip's facts are there: it is shown, and its findings may come. */
  #onStage({ clip }) {
    if (clip && clip.stem === store.clip && this.clip?.stem !== clip.stem) this.#load();
  }

  async #load() {
    this.#abort.abort();
    const { signal } = (this.#abort = new AbortController());
    const asked = store.clip;
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
    this.#tell("clip");
  }

  async #ask(route) {
    this.#take(await postJSON(route, {}));
    this.#plan();
  }

  #look = async () => {
    clearTimeout(this.#timer);
    if (document.hidden || this.#looking) return; // a hidden page looks when it is shown
    this.#looking = true;
    let pause = LOST_MS;
    try {
      this.#take(await getJSON("quality/run"));
      pause = undefined;
    } catch (error) {
      if (!(error instanceof RouteError)) throw error;
    } finally {
      this.#looking = false;
    }
    this.#plan(pause);
  };

  #plan(pause = this.running ? RUNNING_MS : IDLE_MS) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#look, pause);
  }

  #take(run) {
    const news = this.run !== null && run.version !== this.run.version;
    const same = JSON.stringify(run) === JSON.stringify(this.run);
    this.run = run;
    if (!same) this.#tell("run");
    if (!news) return;
    order.catchUp();
    if (store.clip !== null && (this.clip || this.problem)) this.#load();
  }

  #tell(type) {
    this.dispatchEvent(new Event(type));
  }
}

export const quality = new QualityOfSet();
