// The picture without what moves: ruler, words, frames of the rows. Painted when clip, view, size or colours change.

import { clockTime } from "../style.js";
import { paintBadFrames } from "./paint-bad.js";
import { paintCurves } from "./paint-curves.js";
import { paintGaps } from "./paint-gaps.js";
import { paintBand, paintFindings } from "./paint-findings.js";
import { paintSpectrogram, paintWaveform } from "./paint-sound.js";
import { paintSpeech } from "./paint-speech.js";

export const FONT = "11px system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif";
const STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600];
const LABEL_ROOM = 74;
const FRAME_TICKS_FROM = 5; // pixels a frame

/** @typedef {{timeline: import("./data.js").Timeline, layout: import("./layout.js").Layout, palette: import("./palette.js").Palette, marks: import("./findings-data.js").Mark[]}} Scene */

/** @param {CanvasRenderingContext2D} context  in CSS pixels  @param {Scene} scene */
export function paintScene(context, scene) {
  const { layout, palette } = scene;
  context.fillStyle = palette.surface;
  context.fillRect(0, 0, layout.width, layout.height);
  context.font = FONT;
  context.textBaseline = "middle";
  const ticks = ticksOf(layout);
  paintRuler(context, scene, ticks);
  for (const row of layout.rows) {
    context.fillStyle = palette.field;
    context.fillRect(layout.x, row.y, layout.plotWidth, row.height);
    context.save();
    context.beginPath();
    context.rect(layout.x, row.y, layout.plotWidth, row.height);
    context.clip();
    if (row.kind === "spectrogram") paintSpectrogram(context, scene, row);
    else paintGrid(context, scene, row, ticks);
    if (row.kind === "wave") paintWaveform(context, scene, row);
    if (row.kind === "words") paintSpeech(context, scene, row);
    if (row.kind === "findings") paintFindings(context, scene, row);
    if (row.gaps) paintGaps(context, scene, row);
    if (row.band) paintBand(context, scene, row, row.band);
    if (row.kind === "curves") paintCurves(context, scene, row);
    context.restore();
  }
  paintBadFrames(context, scene);
}

/** Times of the ruler's labels in view, and their digits. */
export function ticksOf(layout) {
  const step = STEPS.find((seconds) => seconds * layout.pixelsPerSecond >= LABEL_ROOM) ?? STEPS.at(-1);
  const times = [];
  for (let i = Math.ceil(layout.view.start / step - 1e-9); i * step <= layout.view.end + 1e-9; i++) times.push(i * step);
  return { times, digits: step >= 1 ? 0 : step >= 0.1 ? 1 : 2 };
}

function paintRuler(context, { timeline, layout, palette }, { times, digits }) {
  const base = layout.ruler;
  const frame = layout.pixelsPerSecond / timeline.fps;
  context.fillStyle = palette.line;
  if (frame >= FRAME_TICKS_FROM) {
    const last = Math.min(Math.ceil(layout.view.end * timeline.fps), timeline.frames);
    for (let f = Math.max(Math.ceil(layout.view.start * timeline.fps), 0); f <= last; f++) {
      context.fillRect(Math.round(layout.xOf(f / timeline.fps)), base - 4, 1, 4);
    }
  }
  for (const time of times) {
    const x = Math.round(layout.xOf(time));
    context.fillStyle = palette.muted;
    context.fillRect(x, base - 6, 1, 6);
    const label = clockTime(time, digits);
    const width = context.measureText(label).width;
    if (x + 4 + width <= layout.x + layout.plotWidth + 8) context.fillText(label, x + 4, base / 2 - 1);
  }
}

function paintGrid(context, { layout, palette }, row, { times }) {
  context.fillStyle = palette.line;
  context.globalAlpha = 0.6;
  for (const time of times) context.fillRect(Math.round(layout.xOf(time)), row.y, 1, row.height);
  context.globalAlpha = 1;
}
