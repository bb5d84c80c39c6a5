// Pictures of the contact sheet: fetched a few at a time for what is in view, given up when it is scrolled away.

import { routeURL } from "../api.js";

const AT_ONCE = 2; // the browser has six connections, and the clip comes first
const KEPT = 300;

export class Pictures {
  #kept = new Map(); // key -> {url} or {problem}; the least recently used first
  #running = new Map(); // key -> AbortController
  #queue = []; // {key, parameters} of pictures that are wanted, in order
  #ready;

  /** ready(key): a picture has come, or it is known why there is none. */
  constructor(ready) {
    this.#ready = ready;
  }

  /** {url}, {problem}, or undefined while it is not known. */
  get(key) {
    const found = this.#kept.get(key);
    if (found) {
      this.#kept.delete(key);
      this.#kept.set(key, found);
    }
    return found;
  }

  /** Fetch each picture anew when it is next looked at: files may have changed. */
  forget() {
    this.want([]);
    for (const { url } of this.#kept.values()) if (url) URL.revokeObjectURL(url);
    this.#kept.clear();
  }

  /** Exactly these are wanted, the first ones first: [{key, parameters}]. */
  want(pictures) {
    const keys = new Set(pictures.map(({ key }) => key));
    for (const [key, controller] of this.#running) {
      if (keys.has(key)) continue;
      controller.abort();
      this.#running.delete(key);
    }
    this.#queue = pictures.filter(({ key }) => !this.#kept.has(key) && !this.#running.has(key));
    this.#next();
  }

  #next() {
    while (this.#running.size < AT_ONCE && this.#queue.length > 0) this.#load(this.#queue.shift());
  }

  async #load({ key, parameters }) {
    const controller = new AbortController();
    this.#running.set(key, controller);
    const found = await fetchPicture(parameters, controller.signal);
    if (controller.signal.aborted) {
      if (found?.url) URL.revokeObjectURL(found.url);
      return;
    }
    this.#running.delete(key);
    this.#kept.set(key, found);
    for (const [old, { url }] of this.#kept) {
      if (this.#kept.size <= KEPT) break;
      this.#kept.delete(old);
      if (url) URL.revokeObjectURL(url);
    }
    this.#ready(key);
    this.#next();
  }
}

async function fetchPicture(parameters, signal) {
  try {
    const response = await fetch(routeURL("sheet", parameters), { signal });
    if (response.ok) return { url: URL.createObjectURL(await response.blob()) };
    const { error } = await response.json();
    return { problem: error };
  } catch (error) {
    if (error.name === "AbortError") return undefined;
    return { problem: "The viewer does not answer. Is it still running in its terminal?" };
  }
}
