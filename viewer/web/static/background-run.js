// Work of the server over many clips, which the tabs of all visitors share: how far it is, looked at while the page shows.

import { getJSON, postJSON, RouteError } from "./api.js";
import { store } from "./store.js";

const RUNNING_MS = 1000;
const IDLE_MS = 5000; // another tab may begin
const LOST_MS = 30_000; // the viewer was stopped, as is told elsewhere: each look fails in the console

/** Event: "run" it went on. */
export class BackgroundRun extends EventTarget {
  /** The last answer of the route, with `state`; null until it has come. */
  run = null;
  #route;
  #timer = 0;
  #looking = false;
  #asked = 0; // how often something was asked for: a look from before that is out of date

  /** @param {string} route  that tells how far it is */
  constructor(route) {
    super();
    this.#route = route;
    document.addEventListener("visibilitychange", () => this.#look());
    store.opened.then(() => this.#look());
  }

  /** Whether it is at work. */
  get running() {
    return ["running", "cancelling"].includes(this.run?.state);
  }

  /** Ask for a change; the answer is like that of the route. */
  async ask(url, body = {}) {
    this.#asked += 1;
    this.#take(await postJSON(url, body));
    this.#asked += 1;
    this.#plan();
  }

  /** `run` has another value than `before`. */
  changed(_before) {
    this.dispatchEvent(new Event("run"));
  }

  #look = async () => {
    clearTimeout(this.#timer);
    if (document.hidden || this.#looking) return; // a hidden page looks when it is shown
    this.#looking = true;
    let pause = LOST_MS;
    const asked = this.#asked;
    try {
      const run = await getJSON(this.#route);
      if (asked === this.#asked) this.#take(run);
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
    const before = this.run;
    this.run = run;
    if (JSON.stringify(run) !== JSON.stringify(before)) this.changed(before);
  }
}
