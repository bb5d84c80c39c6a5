// Exports of the list's clips: what is asked for, how far it is, what is there. Event: "run" it went on.

import { getJSON, routeURL } from "../api.js";
import { BackgroundRun } from "../background-run.js";
import { store } from "../store.js";

/** `run` is the answer of the route `export/run`. */
class Exports extends BackgroundRun {
  constructor() {
    super("export/run");
  }

  /** What films of the list's clips would take. */
  estimate({ fast }, signal) {
    return getJSON("export/estimate", { ...store.query.parameters, ...store.view, fast }, signal);
  }

  /** Make films of the list's clips. options: {fast, captions, gallery} */
  start(options) {
    return this.ask(routeURL("export/start", store.query.parameters), { ...store.view, ...options });
  }

  /** Go on with the last export. */
  resume() {
    return this.ask("export/resume");
  }

  /** Stop; what is finished stays. */
  stop() {
    return this.ask("export/stop");
  }

  /** Delete all films that exports have made. */
  deleteAll() {
    return this.ask("export/delete");
  }
}

export const exports = new Exports();
