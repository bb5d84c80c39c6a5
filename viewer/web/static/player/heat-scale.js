// The legend of errors: which colour is how many mm.

import { cssOf } from "./captions.js";

export const SCALE_TITLE = "Distance from the reference";
const STOPS = 16;

/** The colours as a CSS gradient from left to right. @param {import("./heat.js").Scale} scale */
export function gradientOf({ table }) {
  return `linear-gradient(to right, ${stopsOf(table).map(({ color }) => color).join(", ")})`;
}

/** Colours at equal steps. @returns {{share: number, color: string}[]} */
export function stopsOf(table) {
  return Array.from({ length: STOPS + 1 }, (_, i) => ({
    share: i / STOPS, color: cssOf(table[Math.round((i / STOPS) * (table.length - 1))]),
  }));
}

/** Marks at round numbers of mm. @returns {{share: number, text: string}[]} */
export function ticksOf(top) {
  const rough = top / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999);
  const digits = Math.max(0, -Math.floor(Math.log10(step)));
  const marks = Array.from({ length: Math.floor(top / step + 1e-6) + 1 }, (_, i) => i * step);
  return marks.map((mark, i) => ({
    share: mark / top,
    text: i === marks.length - 1 ? `${mark.toFixed(digits)}+ mm` : mark.toFixed(digits),
  }));
}
