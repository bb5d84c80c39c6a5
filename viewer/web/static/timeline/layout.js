// Where rows are, and how time becomes x.

import { LANE_HEIGHT } from "./findings-data.js";

const RULER = 22;
const GAP = 1;
const HEIGHTS = { findings: LANE_HEIGHT, wave: 44, spectrogram: 56, words: 34, curves: 44 };
const PHONES_HEIGHT = 14; // of the row of the words, whose height stays: nothing moves when phones come
const PHONES_FROM = 170; // pixels a second: narrower, few labels have room
const GROUP_HEIGHT = 60; // three curves in one row
const LINE = 16; // of a name, where each has one and the row another
const GUTTER = 188;
const GUTTER_FROM = 620; // narrower, the names lie on the rows, which get room for them
const NAME_HEIGHT = 14;
const PADDING = 5;
const MARGIN = 10; // so that a playhead at either end is whole

/**
 * `top`: where the scale ends, `bar`: where words are, `phones`: height of the part beneath them that phones are in.
 * @typedef {import("./data.js").Row & {y: number, height: number, top: number, bar: {y: number, height: number}, phones: number}} PlacedRow
 */

export class Layout {
  /** @type {PlacedRow[]} */
  rows = [];
  ruler = RULER;
  height = RULER;

  /** @param {number} width  CSS pixels */
  constructor(width, rows, view) {
    this.view = view;
    this.width = width;
    this.gutter = width >= GUTTER_FROM ? GUTTER : 0;
    this.x = this.gutter || MARGIN;
    this.plotWidth = Math.max(width - this.x - MARGIN, 1);
    for (const row of rows) {
      const name = row.curves.length && !this.gutter ? NAME_HEIGHT : 0;
      const phones = row.hasPhones && this.pixelsPerSecond >= PHONES_FROM ? PHONES_HEIGHT : 0;
      const height = heightOf(row) + name;
      const y = this.height + GAP;
      const inset = phones ? 2 : 6;
      const bar = { y: y + inset, height: height - phones - 2 * inset };
      this.rows.push({ ...row, y, height, top: y + PADDING + name, bar, phones });
      this.height += GAP + height;
    }
  }

  /** x in CSS pixels of a time in seconds. */
  xOf(time) {
    return this.x + ((time - this.view.start) / this.view.span) * this.plotWidth;
  }

  /** Seconds at x. */
  timeAt(x) {
    return this.view.start + ((x - this.x) / this.plotWidth) * this.view.span;
  }

  get pixelsPerSecond() {
    return this.plotWidth / this.view.span;
  }
}

function heightOf({ kind, curves, isDifference }) {
  if (isDifference) return Math.max(HEIGHTS.curves, LINE * (curves.length + 1) + 6);
  return curves.length > 1 ? GROUP_HEIGHT : HEIGHTS[kind];
}

/** y in CSS pixels of a value in a row of curves. */
export function yOf(row, value) {
  const [low, high] = row.range;
  const bottom = row.y + row.height - PADDING;
  return bottom - ((value - low) / (high - low)) * (bottom - row.top);
}
