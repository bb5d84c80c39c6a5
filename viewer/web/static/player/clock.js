// Seconds into frames, as viewer/clock.py: frame f is shown during [f / fps, (f + 1) / fps).

// A time that was computed as f / fps must map back to f although the division rounds.
const EPSILON_FRAMES = 1e-6;

/** Index of the frame shown at `seconds`, held at the first and last frame outside the clip. */
export function frameAt(seconds, fps, frames) {
  return Math.min(Math.max(Math.floor(seconds * fps + EPSILON_FRAMES), 0), frames - 1);
}

/** Seconds at which `frame` appears. */
export function frameStart(frame, fps) {
  return frame / fps;
}

/** Seconds in the middle of `frame`: the safe place to seek to. */
export function frameMiddle(frame, fps) {
  return (frame + 0.5) / fps;
}

/** Whole frames that lie nearest to a stretch of time, as many backward as forward. */
export function framesIn(seconds, fps) {
  return Math.sign(seconds) * Math.round(Math.abs(seconds) * fps);
}

/** Seconds that `frames` frames last. */
export function duration(frames, fps) {
  return frames / fps;
}
