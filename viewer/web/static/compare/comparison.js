// The open clip beside the same clip of other data sets: which there are, how far they are apart, where most.
// Event: "change", any of that came or went.

import { getJSON, RouteError, routeURL } from "../api.js";
import { fetchPacked, SourceError } from "../player/fetching.js";
import { store } from "../store.js";
import { MOST_TRACKS } from "./link.js";

/** As the route `compare/tracks.json` has it. `refused`: why it cannot be compared, or null. @typedef {{key: string, name: string, stem: string | null, label: string, refused: string | null, frames: number | null, fps: number | null, remarks: string[]}} Track */
/** As the route `compare/curves.bin` has it. @typedef {{header: object, arrays: Record<string, Float32Array>}} Differences */

class Comparison extends EventTarget {
  /** The other data sets' clips that belong to the open one; null until they are known. @type {Track[] | null} */
  tracks = null;
  /** Why they are not. @type {string | null} */
  problem = null;
  #stem = null; // whose tracks were asked for
  #measured = new Map(); // of that clip: key -> Differences, or a text that says why there are none; null while they come
  #wanted = false; // opened by the user, with nothing to compare yet
  #choosing = false; // what is compared is chosen once it is known what there is
  #faced = null; // stem of the clip whose picture is there
  #abort = new AbortController();
  #worst = null; // key of the track whose worst frame was shown last
  #pending = false;

  constructor() {
    super();
    for (const type of ["about", "clip", "compare"]) store.addEventListener(type, () => this.#follow());
    store.addEventListener("stage", ({ detail: { clip } }) => this.#onStage(clip));
  }

  /** Whether there are other data sets at all. */
  get isPossible() {
    return Boolean(store.about?.data);
  }

  /** Whether the page shows what it takes to compare. */
  get isOpen() {
    return this.isPossible && (this.#wanted || store.compare.tracks.length > 0);
  }

  /** Those that have a place and a colour, in the order in which the data sets were named. @type {Track[]} */
  get columns() {
    return (this.tracks ?? []).filter(({ key }) => store.compare.tracks.includes(key)).slice(0, MOST_TRACKS);
  }

  /** Of these, those that are compared. @type {Track[]} */
  get shown() {
    return this.columns.filter(({ refused }) => refused === null);
  }

  /** What is wrong with what was chosen, and what to know of the rest: [{label, text, refused}]. */
  get remarks() {
    if (this.tracks === null) return [];
    const labels = new Map(this.tracks.map(({ key, label }) => [key, label]));
    const placed = new Set(this.columns.map(({ key }) => key));
    const homeless = store.compare.tracks.filter((key) => !placed.has(key));
    return [
      ...homeless.map((key) => ({ label: labels.get(key) ?? key, refused: true, text: this.#whyNot(key, labels) })),
      ...this.columns.filter(({ refused }) => refused !== null).map(({ label, refused }) => ({ label, refused: true, text: refused })),
      ...this.shown.flatMap(({ key, label, remarks }) => (this.differences(key)?.header.remarks ?? remarks).map((text) => ({ label, refused: false, text }))),
      ...this.shown.filter(({ key }) => typeof this.#measured.get(key) === "string")
        .map(({ key, label }) => ({ label, refused: true, text: this.#measured.get(key) })),
    ];
  }

  /** How far a track is from the reference; null until it is known. @returns {Differences | null} */
  differences(key) {
    const found = this.#measured.get(key);
    return found && typeof found !== "string" ? found : null;
  }

  /** Name of the colour of a track that is shown: of its curve, its name and its face. */
  colour(key) {
    return `--fv-track-${this.place(key)}`;
  }

  /** Its number among those that have a place. */
  place(key) {
    return this.columns.findIndex((track) => track.key === key);
  }

  /** Compare with all there are, as far as there is room; or stop. */
  toggle() {
    if (!this.isPossible) return;
    if (this.isOpen) {
      this.#wanted = this.#choosing = false;
      store.setCompare({ tracks: [] });
    } else {
      this.#wanted = this.#choosing = true;
      this.#follow();
      this.#choose();
    }
    this.#change();
  }

  /** Take a track in or leave it out. */
  toggleTrack(key) {
    this.#wanted = true; // leaving the last one out closes nothing
    this.#choosing = false;
    const chosen = new Set(store.compare.tracks);
    if (!chosen.delete(key)) chosen.add(key);
    const known = this.tracks?.map((track) => track.key) ?? [...chosen]; // none while those of another clip are read
    store.setCompare({ tracks: known.filter((one) => chosen.has(one)) });
  }

  /** The frame that is worst; asked again while it is shown, the next track's. @returns {{key: string, frame: number} | null} */
  worstAfter(frame) {
    const places = this.shown.flatMap(({ key }) => {
      const worst = this.differences(key)?.header.worst_frame ?? null;
      return worst === null ? [] : [{ key, frame: worst }];
    });
    const last = places.findIndex((place) => place.key === this.#worst && place.frame === frame);
    const next = places[(last + 1) % places.length] ?? null;
    this.#worst = next?.key ?? null;
    return next;
  }

  #whyNot(key, labels) {
    if (labels.has(key)) return `at most ${MOST_TRACKS} are shown at a time`;
    return key === store.about.data ? "is the one that is shown" : "there is no data set of this name here";
  }

  /** Take up which clip is open and what is compared. */
  #follow() {
    if (store.clip !== this.#stem) this.#forget();
    if (this.isOpen && this.#stem === null && store.clip !== null) this.#load(store.clip);
    this.#measure();
    this.#change();
  }

  #forget() {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.tracks = this.problem = this.#stem = this.#worst = null;
    this.#measured.clear();
  }

  async #load(stem) {
    this.#stem = stem;
    const { signal } = this.#abort;
    try {
      const { tracks } = await getJSON("compare/tracks.json", { clip: stem }, signal);
      if (signal.aborted) return;
      this.tracks = tracks;
      this.#choose();
    } catch (error) {
      if (error.name === "AbortError") return;
      if (!(error instanceof RouteError)) throw error;
      this.problem = error.message;
    }
    this.#measure();
    this.#change();
  }

  #choose() {
    if (!this.#choosing || this.tracks === null) return;
    this.#choosing = false;
    const usable = this.tracks.filter(({ refused }) => refused === null);
    store.setCompare({ tracks: usable.slice(0, MOST_TRACKS).map(({ key }) => key) });
  }

  #onStage(clip) {
    this.#faced = clip?.stem ?? null;
    this.#measure();
  }

  /** Ask for what is not known yet, once the picture is there. */
  #measure() {
    if (this.#faced !== this.#stem || this.#stem === null) return;
    for (const { key } of this.shown) if (!this.#measured.has(key)) this.#measureTrack(key);
  }

  async #measureTrack(key) {
    const { signal } = this.#abort;
    this.#measured.set(key, null);
    let found;
    try {
      found = await fetchPacked(routeURL("compare/curves.bin", { clip: this.#stem, with: key }), { signal });
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof SourceError)) throw error;
      found = error.message;
    }
    if (signal.aborted) return;
    this.#measured.set(key, found);
    this.#change();
  }

  /** Tell of it, once however much has changed. */
  #change() {
    if (this.#pending) return;
    this.#pending = true;
    queueMicrotask(() => {
      this.#pending = false;
      this.dispatchEvent(new CustomEvent("change"));
    });
  }
}

export const comparison = new Comparison();
