// Columns of the list where it is wide enough for a table: which there are, which are shown, and how wide.

import { recall, remember } from "../memory.js";
import { verdictMark } from "../review/marks.js";
import { make } from "../style.js";
import { isCheck } from "./checks.js";
import { flagMark, issueNames, modalityMarks, stemText, worstMark } from "./marks.js";

const MEMORY = "flame-viewer-columns";
const LEAST_PX = 44;

/** px: width; grow: its share of what is left over; keep: the lower, the sooner it gives way where room is short. */
const SHAPES = {
  stem: { px: 170, grow: 1, keep: 100, shown: true },
  seconds: { px: 62, keep: 90, shown: true },
  flags: { px: 52, keep: 80, shown: true },
  splits: { px: 74, keep: 60, shown: true },
  words: { px: 62, keep: 40, shown: true },
  modalities: { px: 92, keep: 30, shown: true },
  text: { px: 200, grow: 3, keep: 50, shown: true },
  session: { px: 120, keep: 25 },
  audio_format: { px: 190, keep: 10 },
  worst: { px: 88, keep: 85, shown: true },
  issues: { px: 150, keep: 45, shown: true },
  badness: { px: 78, keep: 15 },
  verdict: { px: 78, keep: 35 }, // marks at the clips' names show it too
};
/** The columns of the catalogue itself; all others are scores. */
const OWN = new Set([...Object.keys(SHAPES), "frames", "fps", "audio_seconds", "tokens", "playable"]);
const OTHER = { px: 84, keep: 15 };
const SCORE = { px: 84, keep: 70 };
const CHECK = { px: 96, keep: 20, shown: false }; // there are many

/** What was chosen: {shown: {name: boolean}, px: {name: number}}. */
const chosen = kept(recall(MEMORY));

export function shape(column) {
  const base = SHAPES[column.name] ?? (OWN.has(column.name) ? OTHER : isCheck(column) ? CHECK : SCORE);
  return { ...base, px: chosen.px[column.name] ?? base.px };
}

export function isShown(column) {
  return chosen.shown[column.name] ?? shape(column).shown ?? !OWN.has(column.name);
}

export function show(column, shown) {
  chosen.shown[column.name] = shown;
  remember(MEMORY, chosen);
}

export function resize(column, px) {
  chosen.px[column.name] = Math.max(Math.round(px), LEAST_PX);
  remember(MEMORY, chosen);
}

/** Everything as it was at first. */
export function reset() {
  chosen.shown = {};
  chosen.px = {};
  remember(MEMORY, chosen);
}

/** All columns in the order in which they are shown: the text, which takes the room that is left, comes last. */
export function arranged(columns) {
  const place = ({ name }) => (name === "stem" ? 0 : name === "text" ? 2 : 1);
  return [...columns].sort((a, b) => place(a) - place(b));
}

/** Those of the shown columns that fit into `px` pixels. The one that is sorted by stays longest. */
export function fitting(columns, px, sorted) {
  const shown = arranged(columns).filter((column) => isShown(column) || column.name === sorted);
  const keep = (column) => (column.name === sorted ? 99 : shape(column).keep);
  const need = () => shown.reduce((sum, column) => sum + shape(column).px, 0);
  while (shown.length > 1 && need() > px) {
    const [least] = [...shown].sort((a, b) => keep(a) - keep(b));
    shown.splice(shown.indexOf(least), 1);
  }
  return shown;
}

/** grid-template-columns of a row. */
export function template(columns) {
  const grows = columns.some((column) => shape(column).grow);
  return columns.map((column, index) => {
    const { px, grow } = shape(column);
    return grow || (!grows && index === columns.length - 1) ? `minmax(${px}px, ${grow ?? 1}fr)` : `${px}px`;
  }).join(" ");
}

/** What a row shows in a column: text, or an element. */
export function cell(row, { name, kind }) {
  const value = row[name];
  if (name === "stem") return make("span", { class: "stem" }, verdictMark(value), ...stemText(value));
  if (name === "flags") return flagMark(value ?? []) ?? "";
  if (name === "modalities") return modalityMarks(value ?? []);
  if (name === "worst") return value ? worstMark(value, row.issues ?? []) : "";
  if (name === "issues") return issueNames(value ?? []);
  if (name === "text") return value || "no transcript";
  if (name === "playable") return value ? "yes" : "no";
  if (Array.isArray(value)) return value.join(", ");
  if (value === null || value === undefined) return kind === "number" ? "–" : "";
  if (kind !== "number") return String(value);
  if (name === "seconds" || name === "audio_seconds") return value.toFixed(1);
  return Number.isInteger(value) ? value.toLocaleString("en") : String(Number(value.toPrecision(4)));
}

/** "Duration" */
export function title({ title: name }) {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** "Duration (s)" */
export function fullTitle(column) {
  const { unit, name } = column;
  return unit && unit !== name ? `${title(column)} (${unit})` : title(column);
}

/** Whether figures line up on the right. */
export function isNumber({ kind }) {
  return kind === "number";
}

export function heading(column, sorted, descending) {
  const mark = sorted ? (descending ? "▾" : "▴") : "";
  return make("span", { class: "label" }, title(column), make("span", { class: "arrow", "aria-hidden": "true" }, mark));
}

function kept(memory) {
  return { shown: { ...memory?.shown }, px: { ...memory?.px } };
}
