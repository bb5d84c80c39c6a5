// The verdict on each clip that has one, as small marks for the list.

import { make } from "../style.js";

export const TITLES = { good: "Good", bad: "Bad", unsure: "Unsure" };
const SIGNS = { good: "✓", bad: "✕", unsure: "?" };

/** By stem: [kind, state]. */
export const marks = new Map();

/** The mark of a clip, hollow where the clip changed since; null where it has no verdict. */
export function verdictMark(stem) {
  const [kind, state] = marks.get(stem) ?? [];
  if (kind === undefined) return null;
  const title = state === "changed" ? `Judged ${kind}; the clip has changed since` : `Judged ${kind}`;
  return make("span", { class: `verdict ${kind}${state === "changed" ? " changed" : ""}`, role: "img", title, "aria-label": title }, SIGNS[kind]);
}
