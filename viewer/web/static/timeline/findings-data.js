// What checks say of a clip, as the timeline shows it: marks in a lane, curves of their own, bands behind curves.

import { rangeOf } from "./data.js";

const LEVELS = 2; // marks that would lie over each other lie on two
const LEVEL = 13; // pixels of one
const PADDING = 2;
/** Pixels of the lane. */
export const LANE_HEIGHT = LEVELS * LEVEL + 2 * PADDING;

/** @typedef {{check: string, title: string, severity: "ok" | "note" | "warn" | "error", value: number | null, unit: string, percentile: number | null, start: number | null, end: number | null, message: string}} Finding */
/** `low`–`high`: 90 % of the data set's frames, `from`–`to`: half of them. @typedef {{low: number, from: number, to: number, high: number}} Band */
/** Where a finding is painted, in CSS pixels. @typedef {{finding: Finding, x: number, left: number, right: number, level: number}} Mark */
/** @typedef {{findings: Finding[], curves: {name: string, label: string, unit: string, values: (number | null)[]}[], bands: Record<string, Band>}} Quality */

export class Findings {
  /** Those that have a place in the clip, in the order in which they are come upon. @type {Finding[]} */
  placed;

  /** @param {Quality} quality */
  constructor({ findings, curves, bands }) {
    /** What stands in the lane where no mark does. */
    this.summary = findings.some(({ severity }) => severity !== "ok") ? "nothing at one place" : "nothing found";
    this.placed = findings.filter(({ start, severity }) => start !== null && severity !== "ok")
      .sort((a, b) => middleOf(a) - middleOf(b));
    this.bands = bands;
    /** @type {import("./data.js").Curve[]} */
    this.curves = curves.map((curve) => ({
      ...curve, source: "a check", least_range: [0, 0.001], values: Float32Array.from(curve.values, (value) => value ?? NaN),
    }));
  }

  /** Whether the data set's range is known for any curve. */
  get hasBands() {
    return Object.keys(this.bands).length > 0;
  }

  /** The checks' own curves, last of all rows. @returns {import("./data.js").Row[]} */
  get curveRows() {
    return this.curves.map((curve) => ({ key: curve.name, label: curve.label, kind: "curves", curves: [curve], unit: curve.unit, range: rangeOf([curve]) }));
  }

  /** A row with the band of its one curve, where there is one; its scale then holds both. @param {import("./data.js").Row} row */
  banded(row) {
    const band = row.curves.length === 1 ? this.bands[row.curves[0].name] : undefined;
    if (!band) return row;
    const [curve] = row.curves;
    return { ...row, band, range: rangeOf([{ ...curve, values: [...curve.values, band.low, band.high] }]) };
  }

  /**
   * The finding after (1) or before (-1) another one, or else a frame; null where there is none.
   * @param {1 | -1} direction
   * @param {{finding: Finding | null, frame: number, fps: number}} here
   */
  next(direction, { finding, frame, fps }) {
    const at = this.placed.indexOf(finding);
    if (at >= 0) return this.placed[at + direction] ?? null;
    const ahead = this.placed.filter((one) => direction * (frameOf(one, fps) - frame) > 0);
    return (direction > 0 ? ahead[0] : ahead.at(-1)) ?? null;
  }
}

/** The frame that is shown of a finding, as far as the clip has it. @param {Finding} finding */
export function frameOf(finding, fps) {
  return Math.floor(middleOf(finding) * fps + 1e-6);
}

/** Where one looks for a finding: the middle of a short one, the beginning of a long one. @param {Finding} finding */
export function middleOf({ start, end }) {
  return end - start <= 1 ? (start + end) / 2 : start;
}

/**
 * Where the marks lie in a lane: one beside the other, on two levels where they would overlap.
 * @param {Findings} findings
 * @param {import("./layout.js").Layout} layout
 * @returns {Mark[]}
 */
export function placedMarks({ placed }, layout) {
  const ends = [];
  return placed.map((finding) => {
    const x = layout.xOf(middleOf(finding));
    const left = Math.min(layout.xOf(finding.start), x - LEVEL / 2);
    const right = Math.max(layout.xOf(finding.end), x + LEVEL / 2);
    let level = ends.findIndex((end) => end <= left);
    if (level < 0) level = ends.length < LEVELS ? ends.length : ends.indexOf(Math.min(...ends));
    ends[level] = Math.max(ends[level] ?? -Infinity, right);
    return { finding, x, left, right, level };
  });
}

/** y of the middle of a level. */
export function levelY(row, level) {
  return row.y + PADDING + (level + 0.5) * LEVEL;
}

/** The mark at a point of the element, the last painted first; null where there is none. */
export function markAt(marks, row, x, y) {
  if (!row || y < row.y || y > row.y + row.height) return null;
  const near = ({ left, right, level }) => x >= left - 2 && x <= right + 2 && Math.abs(y - levelY(row, level)) <= LEVEL / 2 + 1;
  return marks.findLast(near) ?? null;
}
