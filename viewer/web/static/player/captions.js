// What is written on each of several pictures.

import { summary } from "./heat.js";
import { litColor } from "./paint.js";

const NO_ERRORS = "errors cannot be measured on this head";

/**
 * What is said of a head besides its name: why it is not seen, or what its errors are.
 * @param {import("./pictures.js").Label} label
 * @param {import("./stage.js").Stage} stage
 * @param {number} frame
 */
export function noteOf({ key, state, message, measured }, stage, frame) {
  if (state === "loading") return "loading…";
  if (state === "refused") return message;
  if (key === null) return "";
  const bad = stage.badness(key);
  if (bad !== null) return `frame ${frame}: ${bad}`;
  if (!measured) return "";
  const errors = stage.errors(key);
  if (errors === null) return NO_ERRORS;
  const found = summary(errors);
  return found ? `mean ${found.mean.toFixed(2)}, max ${found.max.toFixed(2)} mm` : "no error: the reference is not good here";
}

/** RGB in 0..255 of the dot before a name, as of the face; null where there is none. mesh: colour of the look */
export function dotOf({ dotted, color }, mesh) {
  if (!dotted) return null;
  return color ? litColor(color, mesh) : mesh;
}

/** CSS of a colour. @param {number[]} rgb  in 0..255 */
export function cssOf(rgb) {
  return `rgb(${rgb.join(" ")})`;
}
