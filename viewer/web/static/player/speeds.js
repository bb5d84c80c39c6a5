// The speeds that lists and keys offer. A link may name any other between the first and the last.

import { make } from "../style.js";

export const SPEEDS = [0.1, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2];

/** Next speed up (direction 1) or down (-1). */
export function nextSpeed(speed, direction) {
  const ordered = direction > 0 ? SPEEDS : [...SPEEDS].reverse();
  return ordered.find((other) => (other - speed) * direction > 1e-6) ?? speed;
}

/** Show a speed in a list of all, even if it is none of them. */
export function showSpeed(list, speed) {
  const speeds = SPEEDS.includes(speed) ? SPEEDS : [...SPEEDS, speed].sort((a, b) => a - b);
  if (speeds.join() !== Array.from(list.options, ({ value }) => value).join()) {
    list.replaceChildren(...speeds.map((value) => make("option", { value }, `${value}×`)));
  }
  list.value = String(speed);
}
