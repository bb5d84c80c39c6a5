// Regions are whole frames: {start, end} in seconds, from the beginning of one frame to the end of another.

/** The frames that two times, in any order, lie in. */
export function regionBetween(from, to, { fps, frames, frameAt }) {
  const [first, last] = from < to ? [from, to] : [to, from];
  const start = frameAt(first);
  // A time that lies where a frame begins does not take that frame in, however it was rounded.
  const stop = Math.min(Math.max(Math.ceil(last * fps - 1e-6), start + 1), frames);
  return { start: start / fps, end: stop / fps };
}
