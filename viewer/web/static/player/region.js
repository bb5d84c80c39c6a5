// Regions that repeat. A player has whole frames, {start, end}, both included; a timeline has seconds, from the beginning
// of one frame to the end of another.

import { frameStart } from "./clock.js";

/** @typedef {{start: number, end: number}} Region */

/**
 * The region with one end put at a frame. Where the other end lies on the wrong side of it, that one goes to the clip's.
 * @param {Region | null} region  in frames; null: the whole clip
 * @param {"start" | "end"} edge
 * @param {number} frame
 * @param {number} frames  of the clip
 * @returns {Region}
 */
export function regionMarked(region, edge, frame, frames) {
  const { start, end } = region ?? { start: 0, end: frames - 1 };
  if (edge === "start") return { start: frame, end: end < frame ? frames - 1 : end };
  return { start: start > frame ? 0 : start, end: frame };
}

/** Frames in seconds. @param {Region | null} region */
export function inSeconds(region, fps) {
  return region && { start: frameStart(region.start, fps), end: frameStart(region.end + 1, fps) };
}

/** Seconds in frames, the nearest ones. @param {Region | null} region */
export function inFrames(region, fps) {
  return region && { start: Math.round(region.start * fps), end: Math.round(region.end * fps) - 1 };
}
