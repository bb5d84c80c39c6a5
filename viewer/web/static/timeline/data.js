// A clip's timeline as the route sends it, and the rows it is shown in.

import { frameAt } from "../player/clock.js";

/** Name under which the data set's range behind the curves is switched. */
export const BANDS = "bands";
/** Name of the row of findings. */
export const LANE = "findings";
const HEAD = "head_";
/** Digits behind the point, by unit. */
const DIGITS = { "mm/s": 0 };

/** @typedef {{name: string, label: string, unit: string, least_range: [number, number], source: string, colour?: string, values: Float32Array}} Curve */
/** @typedef {{key: string, label: string, kind: "wave" | "spectrogram" | "words" | "findings" | "curves", band?: import("./findings-data.js").Band, isDifference?: boolean, gaps?: import("./differences.js").Gaps[], curves: Curve[], unit: string, range: [number, number]}} Row */

/** One clip's timeline. */
export class Timeline {
  /** What checks say of it, once it is known. @type {import("./findings-data.js").Findings | null} */
  findings = null;
  /** How far other tracks are from it, where they are compared. @type {import("./differences.js").Differences | null} */
  differences = null;
  #own; // curves of the clip itself
  #lane;

  /**
   * @param {{header: object, arrays: Record<string, ArrayLike<number>>}} packed  as `fetchPacked` gives it
   * @param {{lane?: boolean}} [options]  whether there is a row for findings before any are known
   */
  constructor({ header, arrays }, { lane = false } = {}) {
    this.#lane = lane;
    this.header = header;
    this.arrays = arrays;
    this.frames = header.frames;
    this.fps = header.fps;
    this.duration = header.frames / header.fps;
    /** text, start, end in seconds, whether that is doubtful @type {[string, number, number, boolean?][]} */
    this.words = header.words;
    /** label, start, end in seconds; none while words are estimated @type {[string, number, number][]} */
    this.phones = [];
    /** Where the words' times are from, and why not from the sound. */
    this.speech = { status: "estimated", message: "" };
    /** First and last of the frames that hold no numbers in the data. @type {[number, number][]} */
    this.badFrames = header.bad_frames;
    /** @type {Curve[]} */
    this.curves = this.#own = header.curves.map((curve) => ({ ...curve, values: arrays[curve.name] }));
    /** @type {Row[]} */
    this.rows = [];
    this.#place();
  }

  /** Take up what checks say. @param {import("./findings-data.js").Findings | null} findings */
  show(findings) {
    this.findings = findings;
    this.#place();
  }

  /** Take up how far other tracks are from it. @param {import("./differences.js").Differences | null} differences */
  compare(differences) {
    this.differences = differences;
    this.#place();
  }

  /** Take up words and phones as they were found in the sound; null: the estimate. */
  speak(speech) {
    const { words, phones, status, message } = speech ?? { words: this.header.words, phones: [], status: "estimated", message: "" };
    Object.assign(this, { words, phones, speech: { status, message } });
    this.#place();
  }

  /** Index of the frame shown at `seconds`. */
  frameAt = (seconds) => frameAt(seconds, this.fps, this.frames);

  /** What a frame holds in the data instead of numbers, such as "NaN", or null. @param {number} frame */
  wrongAt(frame) {
    return this.badFrames.some(([first, last]) => first <= frame && frame <= last) ? this.header.bad_values : null;
  }

  /** Index of the word that is spoken at `seconds`, or -1. */
  wordAt(seconds) {
    return this.words.findIndex(([, start, end]) => start <= seconds && seconds < end);
  }

  /**
   * All values at the frame that is shown at `seconds`.
   * @typedef {{frame: number, time: number, wrong: string | null, word: string | null, values: Record<string, {value: number, unit: string, label: string}>}} Readout
   * @returns {Readout}
   */
  readout(seconds) {
    const frame = this.frameAt(seconds);
    const values = this.curves.map(({ name, label, unit, values }) => [name, { value: values[frame], unit, label }]);
    const word = this.words[this.wordAt(seconds)]?.[0] ?? null;
    return { frame, time: seconds, wrong: this.wrongAt(frame), word, values: Object.fromEntries(values) };
  }

  /** Rows without what is switched off; a row that has no curve left goes as well. @param {Set<string>} off  names */
  rowsWithout(off) {
    const rows = off.has(BANDS) || this.findings === null ? this.rows : this.rows.map((row) => this.findings.banded(row));
    return rows.flatMap((row) => {
      if (row.curves.length === 0 || row.isDifference) return off.has(row.key) ? [] : [row];
      const curves = row.curves.filter(({ name }) => !off.has(name));
      if (curves.length === row.curves.length) return [row];
      return curves.length === 0 ? [] : [{ ...row, curves, range: rangeOf(curves) }];
    });
  }

  #place() {
    const { findings, differences } = this;
    this.curves = [...this.#own, ...(findings?.curves ?? []), ...(differences?.curves ?? [])];
    this.rows = [
      ...this.#laneRows(), ...(differences?.rows ?? []), ...this.#soundRows(), ...this.#curveRows(), ...(findings?.curveRows ?? []),
    ];
  }

  /** First of all, so that no curve moves when findings come. */
  #laneRows() {
    if (!this.#lane && !this.findings?.placed.length) return [];
    return [{ key: LANE, label: "Findings", kind: "findings", curves: [], unit: "", range: [0, 1] }];
  }

  #soundRows() {
    const rows = [];
    if (this.header.waveform) rows.push({ key: "waveform", label: "Waveform", kind: "wave" });
    if (this.header.spectrogram) rows.push({ key: "spectrogram", label: "Spectrogram", kind: "spectrogram" });
    if (this.words.length) rows.push({ key: "words", label: "Words", kind: "words", hasPhones: this.phones.length > 0 });
    return rows.map((row) => ({ ...row, curves: [], unit: "", range: [0, 1] }));
  }

  /** A row a curve, but for the head's angles, which share one. */
  #curveRows() {
    const groups = new Map();
    for (const curve of this.#own) {
      const key = curve.name.startsWith(HEAD) ? "head" : curve.name;
      groups.set(key, [...(groups.get(key) ?? []), curve]);
    }
    return [...groups].map(([key, curves]) => {
      const label = key === "head" ? "Head" : curves[0].label;
      return { key, label, kind: "curves", curves, unit: curves[0].unit, range: rangeOf(curves) };
    });
  }
}

/** Common scale of some curves: what they reach, rounded outwards, but never less than their least range. */
export function rangeOf(curves) {
  let low = Infinity;
  let high = -Infinity;
  for (const { least_range: least, values } of curves) {
    low = Math.min(low, least[0]);
    high = Math.max(high, least[1]);
    for (const value of values) {
      if (value < low) low = value; // NaN compares false
      if (value > high) high = value;
    }
  }
  const step = 10 ** Math.floor(Math.log10(high - low)) / 2;
  return [Math.floor(low / step + 1e-6) * step || 0, Math.ceil(high / step - 1e-6) * step || 0];
}

/** A value as it is read: "12.3", "−4.0", or "–" where there is none. */
export function format(value, unit) {
  if (!Number.isFinite(value)) return "–";
  const text = value.toFixed(DIGITS[unit] ?? 1).replace(/^-(0\.?0*)$/, "$1");
  return text.replace("-", "−");
}
