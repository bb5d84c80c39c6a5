// What each mode of comparing shows: which heads make up a picture, and what is said of it.

/**
 * What is said of a head in a picture. key: of its track, or null for the reference; dotted: its colour tells it from
 * others; color: RGB in 0..255, null for that of the look; measured: it is its errors that are shown.
 * @typedef {{key: string | null, text: string, dotted: boolean, color: number[] | null, state: string, message: string,
 *   again: boolean, measured: boolean}} Label
 */
/** @typedef {{bodies: import("./stage.js").Body[], labels: Label[]}} Picture */

const LAID_OUT = { side, overlay, flicker, heat };

/**
 * @param {import("./comparison.js").Compare} compare
 * @param {(import("./comparison.js").State & {again: boolean})[]} states  of its tracks
 * @param {number} turn  how often tracks took turns
 * @returns {Picture[]}
 */
export function picturesOf(compare, states, turn) {
  return LAID_OUT[compare.mode](compare, states, turn);
}

/** The mode in words, for those who do not see it. */
export function described({ mode, reference, beside }, states) {
  const tracks = states.map(({ label }) => label).join(", ");
  if (mode === "side") return `Side by side: ${reference}, ${tracks}`;
  if (mode === "overlay") return `${tracks} laid over ${reference}`;
  if (mode === "flicker") return `${reference} and ${tracks} in turn`;
  return `Errors of ${tracks} as colours on the face of ${reference}${beside ? ", beside both" : ""}`;
}

function side(compare, states) {
  return [alone(compare), ...states.map((state) => face(state))];
}

function overlay(compare, states) {
  const ready = states.filter(({ state }) => state === "ready");
  // Each of n faces is seen with a share of 1 / n.
  const laid = ready.map(({ key, color }, i) => ({ key, color, opacity: 1 / (i + 2) }));
  const labels = states.map((state) => label(state, { color: state.color }));
  return [{ bodies: [{ key: null }, ...laid], labels: [reference(compare, { dotted: true }), ...labels] }];
}

function flicker(compare, states, turn) {
  const ready = states.filter(({ state }) => state === "ready");
  const others = states.filter(({ state }) => state !== "ready").map((state) => label(state));
  const now = turn % (ready.length + 1);
  const picture = now === 0 ? alone(compare) : face(ready[now - 1]);
  return [{ ...picture, labels: [...picture.labels, ...others] }];
}

function heat(compare, states) {
  const painted = (state) => ({ bodies: [{ key: state.key, heat: true }], labels: [label(state, { measured: true })] });
  return compare.beside ? [alone(compare), face(states[0]), painted(states[0])] : states.map(painted);
}

function alone(compare) {
  return { bodies: [{ key: null }], labels: [reference(compare)] };
}

function face(state) {
  return { bodies: [{ key: state.key }], labels: [label(state)] };
}

function reference({ reference: text }, { dotted = false } = {}) {
  return { key: null, text, color: null, dotted, state: "ready", message: "", again: false, measured: false };
}

function label({ key, label: text, state, message, again }, { color = null, measured = false } = {}) {
  return { key, text, color, dotted: color !== null, state, message, again, measured };
}
