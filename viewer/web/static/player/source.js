// What the player shows, from the routes: the head once, a clip at a time.

import { fetchJSON, fetchPacked } from "./fetching.js";

/** The routes under one base URL. */
export class Source {
  static #shared = new Map();
  #base;
  #drawing = null;

  /** The routes at a URL: all players of a page share them, and the head that they fetched. */
  static at(base) {
    if (!this.#shared.has(base)) this.#shared.set(base, new Source(base));
    return this.#shared.get(base);
  }

  /** @param {string} base  absolute URL that ends with a slash */
  constructor(base) {
    this.#base = base;
  }

  /**
   * How to draw, and the head; fetched once, and again when a clip names another head.
   * @param {string | null} key  the head that is needed; null: whichever the server has
   */
  drawing(key = null) {
    if (this.#drawing === null || (key !== null && this.#drawing.key !== null && this.#drawing.key !== key)) {
      const state = { key: null, promise: null };
      state.promise = this.#fetchDrawing(state).catch((error) => {
        if (this.#drawing === state) this.#drawing = null; // the next clip tries again
        throw error;
      });
      this.#drawing = state;
    }
    return this.#drawing.promise;
  }

  async #fetchDrawing(state) {
    const setup = await fetchJSON(this.#url("setup.json"));
    const head = await fetchPacked(this.#url(setup.head.url));
    state.key = setup.head.key;
    return { setup, head };
  }

  /** A clip by stem. options: as of `fetchPacked`. */
  clip(stem, options) {
    return fetchPacked(this.#url(`clip.bin?stem=${encodeURIComponent(stem)}`), options);
  }

  /** Bring a clip into the browser's cache because it is likely wanted next. */
  async prefetch(stem) {
    try {
      await (await fetch(this.#url(`clip.bin?stem=${encodeURIComponent(stem)}`), { priority: "low" })).arrayBuffer();
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // no connection: whoever opens that clip will be told
    }
  }

  /** URL of a clip's sound, or null. */
  soundURL({ header }) {
    return header.sound && this.#url(`sound/${header.sound}.wav?stem=${encodeURIComponent(header.stem)}`);
  }

  #url(path) {
    return new URL(path, this.#base).href;
  }
}
