// Regions are whole frames: {start, end} in seconds, from the beginning of one frame to the end of another.

/** The frames that two times, in any order, lie in. */
export function regionBetween(from, to, { fps, frames, frameAt }) {
  const [first, last] = from < to ? [from, to] : [to, from];
  const start = frameAt(first);
  // A time that lies where a frame begins does not take that frame in, however it was rounded.
  const stop = Math.min(Math.max(Math.ceil(last * fps - 1e-6), start + 1), frames);
  return { start: start / fps, end: stop / fps };
}

/**
 * The region with one end moved to `frame`; the other end goes to the clip's where the two would meet.
 * @param {{start: number, end: number} | null} region
 * @param {"start" | "end"} edge
 */
export function regionMarked(region, edge, frame, { fps, duration }) {
  const { start, end } = region ?? { start: 0, end: duration };
  const [here, next] = [frame / fps, (frame + 1) / fps];
  if (edge === "start") return { start: here, end: end > here ? end : duration };
  return { start: start < next ? start : 0, end: next };
}
