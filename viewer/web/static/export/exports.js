// Exports of the list's clips, which the tabs of all visitors share: what is asked for, how far it is, what is there.
// Event: "run" it went on.

import { getJSON, postJSON, routeURL, RouteError } from "../api.js";
import { store } from "../store.js";

const RUNNING_MS = 1000;
const IDLE_MS = 5000; // another tab may begin
const LOST_MS = 30_000; // the viewer was stopped, as is told elsewhere: each look fails in the console

class Exports extends EventTarget {
  /** The answer of the route `export/run`; null until it has come. */
  run = null;
  #timer = 0;
  #looking = false;

  constructor() {
    super();
    document.addEventListener("visibilitychange", () => this.#look());
    store.opened.then(() => this.#look());
  }

  /** Whether films are being made. */
  get running() {
    return ["running", "cancelling"].includes(this.run?.state);
  }

  /** What films of the list's clips would take. */
  estimate({ fast }, signal) {
    return getJSON("export/estimate", { ...store.query.parameters, ...store.view, fast }, signal);
  }

  /** Make films of the list's clips. options: {fast, captions, gallery} */
  start(options) {
    return this.#ask(routeURL("export/start", store.query.parameters), { ...store.view, ...options });
  }

  /** Go on with the last export. */
  resume() {
    return this.#ask("export/resume");
  }

  /** Stop; what is finished stays. */
  stop() {
    return this.#ask("export/stop");
  }

  /** Delete all films that exports have made. */
  deleteAll() {
    return this.#ask("export/delete");
  }

  async #ask(route, body = {}) {
    this.#take(await postJSON(route, body));
    this.#plan();
  }

  #look = async () => {
    clearTimeout(this.#timer);
    if (document.hidden || this.#looking) return; // a hidden page looks when it is shown
    this.#looking = true;
    let pause = LOST_MS;
    try {
      this.#take(await getJSON("export/run"));
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
    const same = JSON.stringify(run) === JSON.stringify(this.run);
    this.run = run;
    if (!same) this.dispatchEvent(new Event("run"));
  }
}

export const exports = new Exports();
