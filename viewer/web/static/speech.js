// Words of the open clip as they are found in its sound. Event: "clip", they came, or went with the clip.

import { getJSON, RouteError } from "./api.js";
import { store } from "./store.js";

const PAUSE_MS = 250; // clips that are only passed by are not listened to

/**
 * words: text, start and end in seconds, whether the times are doubtful; phones: ARPAbet label, start, end, score.
 * @typedef {{stem: string, status: "aligned" | "estimated" | "none", words: [string, number, number, boolean][],
 *   phones: [string, number, number, number][], confidence: number | null, message: string}} Speech
 */
class SpeechOfClip extends EventTarget {
  /** The answer of the route `words` for the open clip; null until it has come. @type {Speech | null} */
  clip = null;
  #abort = new AbortController();
  #asked = null; // stem
  #timer = 0;

  constructor() {
    super();
    store.addEventListener("clip", () => this.#forget());
    store.addEventListener("stage", ({ detail }) => this.#onStage(detail));
  }

  #forget() {
    clearTimeout(this.#timer);
    this.#abort.abort();
    this.clip = this.#asked = null;
    this.#tell();
  }

  /** The clip's facts are there, and with them its words as they are estimated. */
  #onStage({ clip }) {
    if (!clip || clip.stem !== store.clip) return;
    if (this.clip?.stem === clip.stem) this.#tell(); // the estimate may have been shown again
    if (this.#asked === clip.stem) return;
    this.#asked = clip.stem;
    if (clip.words.length === 0) return;
    this.#timer = setTimeout(() => this.#load(clip.stem), PAUSE_MS);
  }

  async #load(stem) {
    const { signal } = (this.#abort = new AbortController());
    try {
      const answer = await getJSON("words", { clip: stem }, signal);
      if (stem !== store.clip) return;
      this.clip = answer;
      this.#tell();
    } catch (error) {
      if (error.name === "AbortError") return;
      if (!(error instanceof RouteError)) throw error;
      this.#asked = null; // the estimate stays; the next visit of the clip asks again
    }
  }

  #tell() {
    this.dispatchEvent(new CustomEvent("clip"));
  }
}

export const speech = new SpeechOfClip();
