// How far other tracks of the clip are from the one that is shown: a row a measure, with a curve a track.

import { rangeOf } from "./data.js";

/** What begins the name of a row, by which it is switched. */
export const DIFFERENCE = "difference_";

/** `compared`: the first frames that both have; `bad_frames`: of those, where one of them holds no numbers. @typedef {{header: {compared: number, bad_frames: [number, number][], curves: {name: string, label: string, unit: string, least_range: [number, number], source: string}[]}, arrays: Record<string, Float32Array>}} Measured */
/** `measured`: as the route `compare/curves.bin` sends it, null until it is known. @typedef {{key: string, label: string, place: number, measured: Measured | null}} ComparedTrack */
/** Frames of one of the tracks that hold nothing to compare. @typedef {{spans: [number, number][], colour: string}} Gaps */

export class Differences {
  /** All curves of all tracks. @type {import("./data.js").Curve[]} */
  curves;
  /** @type {import("./data.js").Row[]} */
  rows;
  static #known = []; // measures as they were sent last: rows are there before their curves are

  /**
   * @param {ComparedTrack[]} tracks  `place`: which of the colours each has
   * @param {number} frames  of the clip that is shown
   */
  constructor(tracks, frames) {
    const measures = tracks.find(({ measured }) => measured)?.measured.header.curves ?? Differences.#known;
    Differences.#known = measures;
    const nothing = new Float32Array(frames).fill(NaN);
    const gaps = tracks.map(({ place, measured }) => ({ spans: measured ? spansWithout(measured.header, frames) : [], colour: colourOf(place) }));
    this.rows = measures.map((measure) => {
      const curves = tracks.map(({ key, label, place, measured }) => ({
        ...measure, name: `${DIFFERENCE}${measure.name}:${key}`, label, colour: colourOf(place), values: measured?.arrays[measure.name] ?? nothing,
      }));
      return { key: DIFFERENCE + measure.name, label: measure.label, kind: "curves", isDifference: true, curves, unit: measure.unit, range: rangeOf(curves), gaps };
    });
    this.curves = this.rows.flatMap(({ curves }) => curves);
  }
}

/** Frames without a value: those that are bad in one of the two, and those behind the end of the other. */
function spansWithout({ compared, bad_frames: bad }, frames) {
  return compared < frames ? [...bad, [compared, frames - 1]] : bad;
}

/** Name of a track's colour in the palette. */
function colourOf(place) {
  return `track-${place}`;
}
