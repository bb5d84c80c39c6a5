// Which tracks stand beside the open clip, and how they are shown: fetched, held, and laid out as pictures.

import { fetchPacked, SourceError } from "./fetching.js";
import { Flicker } from "./flicker.js";
import { described, picturesOf } from "./pictures.js";
import { ALONE } from "./stage.js";

const MODES = ["side", "overlay", "flicker", "heat"];
const MOST = 3; // four pictures
const DEFAULTS = { mode: "side", top: 5, beside: false, rate: 2, reference: "Reference" };
const SLOWEST = 0.1, FASTEST = 3; // changes a second: more may harm people
const NONE = "This clip has no such track.";
const OTHER_HEAD = "It is for another head: load the page again.";
/** Colours of tracks, RGB in 0..255, in the order in which they are chosen. */
export const TRACK_COLORS = [[232, 119, 34], [34, 148, 83], [196, 63, 152]];

/** @typedef {{key: string, label?: string, url: string | null, refused?: string, color?: number[]}} Track */
/**
 * @typedef {{tracks: string[], mode: "side" | "overlay" | "flicker" | "heat", top: number, beside: boolean, rate: number,
 *   reference: string}} Compare
 */
/** @typedef {{key: string, label: string, color: number[], state: "loading" | "ready" | "refused", message: string}} State */

/** Events: "change" other pictures are shown, or something else is said of them; "flip" flicker shows the next track. */
export class Comparison extends EventTarget {
  #stage;
  #flicker = new Flicker(() => this.flip());
  /** @type {Track[] | null} */
  #tracks = null; // null: not known yet
  /** @type {Compare | null} */
  #compare = null;
  #held = new Map(); // by key: {url, opening, state, clip, message, again}
  #stem = null;
  #reference = null; // header of the clip that is shown
  #turn = 0;
  #pictures = null;

  /** @param {import("./stage.js").Stage} stage */
  constructor(stage) {
    super();
    this.#stage = stage;
  }

  /** Another clip is being opened: the tracks of the one before are forgotten, but for those that are asked for by stem. */
  open(stem) {
    this.#letGo();
    if (stem !== this.#stem) {
      const lasting = this.#tracks?.filter(({ url }) => url?.includes("{stem}")) ?? [];
      this.#tracks = lasting.length > 0 ? lasting : null;
    }
    this.#stem = stem;
    this.#fetch();
  }

  /** The clip is there. header: the clip's */
  adopt(header) {
    this.#reference = header;
    for (const held of this.#held.values()) this.#examine(held);
    this.#show();
  }

  /** There is no clip. */
  close() {
    this.#letGo();
    this.#show();
  }

  /** Tracks there are besides the clip. @type {Track[]} */
  get tracks() {
    return (this.#tracks ?? []).map((track) => ({ ...track }));
  }

  set tracks(tracks) {
    this.#tracks = Array.from(tracks ?? [], (track) => ({ ...track, key: String(track.key) }));
    this.#fetch();
    this.#show();
  }

  /** What is compared, and how; null: the clip is shown alone. @type {Compare | null} @throws {RangeError} */
  get compare() {
    return this.#compare && { ...this.#compare, tracks: [...this.#compare.tracks] };
  }

  set compare(compare) {
    this.#compare = checked(compare);
    this.#fetch();
    this.#show();
  }

  /** What became of the tracks that are compared. @type {State[]} */
  get trackStates() {
    return this.#states().map(({ key, state, message }) => ({ key, state, message }));
  }

  /** mm a vertex of the frame shown, of the first track; null where there is nothing to measure. @type {Float32Array | null} */
  get errors() {
    const [key] = this.#compare?.tracks ?? [];
    return this.#reference && key !== undefined ? (this.#stage.errors(key)?.slice() ?? null) : null;
  }

  /** What is said of the pictures, or null where the clip is shown alone. */
  get pictures() {
    return this.#pictures;
  }

  /** The same for those who do not see them. */
  get description() {
    return this.#pictures && described(this.#compare, this.#states());
  }

  /** Show the next track, where they take turns. */
  flip() {
    if (this.#compare?.mode !== "flicker" || !this.#reference) return;
    this.#turn += 1;
    this.#lay();
    this.dispatchEvent(new Event("flip"));
  }

  /** Fetch a track again that could not be had. */
  retry(key) {
    this.#held.delete(key);
    this.#fetch();
    this.#show();
  }

  #letGo() {
    for (const { opening } of this.#held.values()) opening.abort();
    this.#held.clear();
    this.#reference = null;
    this.#flicker.rate = 0;
  }

  /** Have the tracks that are compared, and no others. */
  #fetch() {
    const wanted = new Map(this.#compare?.tracks.map((key) => [key, this.#urlOf(key)]));
    for (const [key, { url, opening }] of this.#held) {
      if (wanted.get(key) === url) continue;
      opening.abort();
      this.#held.delete(key);
    }
    for (const [key, url] of wanted) if (url !== null && !this.#held.has(key)) this.#begin(key, url);
  }

  #urlOf(key) {
    const url = this.#tracks?.find((track) => track.key === key)?.url ?? null;
    if (url === null || this.#stem === null) return null;
    return new URL(url.replaceAll("{stem}", encodeURIComponent(this.#stem)), document.baseURI).href;
  }

  async #begin(key, url) {
    const held = { url, opening: new AbortController(), state: "loading", clip: null, message: "", again: false };
    this.#held.set(key, held);
    try {
      held.clip = await fetchPacked(url, { signal: held.opening.signal });
    } catch (error) {
      if (held.opening.signal.aborted) return;
      if (!(error instanceof SourceError)) throw error;
      Object.assign(held, { state: "refused", message: error.message, again: !error.lasting });
    }
    if (this.#held.get(key) !== held) return;
    this.#examine(held);
    this.#show();
  }

  /** Say of a track that has come whether it can be shown beside the clip. */
  #examine(held) {
    if (held.clip === null || this.#reference === null) return;
    const { head, frames } = held.clip.header;
    if (head !== this.#reference.head) held.message = OTHER_HEAD;
    else if (frames !== this.#reference.frames) {
      held.message = `It has ${frames} frames, and the reference ${this.#reference.frames}.`;
    }
    held.state = held.message ? "refused" : "ready";
  }

  /** @returns {(State & {again: boolean})[]} */
  #states() {
    return (this.#compare?.tracks ?? []).map((key, i) => {
      const track = this.#tracks?.find((one) => one.key === key);
      const { label = key, color = TRACK_COLORS[i] } = track ?? {};
      const held = this.#held.get(key);
      const named = { key, label, color, state: "loading", message: "", again: false };
      if (held) return { ...named, state: held.state, message: held.message, again: held.again };
      const missing = this.#tracks !== null && !track?.url;
      return missing ? { ...named, state: "refused", message: track?.refused ?? NONE } : named;
    });
  }

  #show() {
    const ready = [...this.#held].filter(([, { state }]) => state === "ready");
    if (this.#reference) this.#stage.setTracks(new Map(ready.map(([key, { clip }]) => [key, clip])));
    this.#flicker.rate = this.#reference && this.#compare?.mode === "flicker" ? this.#compare.rate : 0;
    this.#lay();
    this.dispatchEvent(new Event("change"));
  }

  #lay() {
    const shown = this.#compare && this.#reference;
    this.#pictures = shown ? picturesOf(this.#compare, this.#states(), this.#turn) : null;
    this.#stage.show(this.#pictures?.map(({ bodies }) => bodies) ?? ALONE, this.#compare?.top ?? DEFAULTS.top);
  }
}

/** A comparison with nothing left open. @returns {Compare | null} @throws {RangeError} */
function checked(compare) {
  if (compare === null || compare === undefined) return null;
  const { tracks, mode, top, beside, rate, reference } = { ...DEFAULTS, ...compare };
  const keys = [...new Set(Array.from(tracks ?? [], String))];
  if (keys.length < 1 || keys.length > MOST) throw new RangeError(`${keys.length} tracks are to be compared; expected 1 to ${MOST}.`);
  if (!MODES.includes(mode)) throw new RangeError(`There is no mode "${mode}"; choose one of: ${MODES.join(", ")}.`);
  if (!(Number(top) > 0 && Number(top) < Infinity)) throw new RangeError(`The scale ends at ${top} mm; expected a number above 0.`);
  return {
    tracks: keys, mode, top: Number(top), beside: Boolean(beside),
    rate: Math.min(Math.max(Number(rate) || DEFAULTS.rate, SLOWEST), FASTEST), reference: String(reference),
  };
}
