// Rows of curves: a scale, and a line through the middles of the frames.

import { frameMiddle } from "../player/clock.js";
import { format } from "./data.js";
import { yOf } from "./layout.js";

const DOTS_FROM = 9; // pixels a frame

export function paintCurves(context, scene, row) {
  paintZero(context, scene, row);
  for (const curve of row.curves) paintCurve(context, scene, row, curve);
  paintScale(context, scene, row);
}

function paintZero(context, { layout, palette }, row) {
  const [low, high] = row.range;
  if (low >= 0 || high <= 0) return;
  context.fillStyle = palette.line;
  context.fillRect(layout.x, Math.round(yOf(row, 0)), layout.plotWidth, 1);
}

/** The ends of the scale, on a halo that keeps them readable on the line. */
function paintScale(context, { layout, palette }, row) {
  const right = layout.x + layout.plotWidth - 4;
  const [low, high] = row.range.map((value) => format(value, row.unit).replace(/\.0$/, ""));
  const labels = [[`${high} ${row.unit}`.replace(" °", "°"), row.y + 8]];
  if (row.range[0] !== 0) labels.push([low, row.y + row.height - 7]); // a foot at 0 goes without saying
  context.textAlign = "right";
  context.strokeStyle = palette.field;
  context.fillStyle = palette.muted;
  context.lineWidth = 3;
  for (const [label, y] of labels) {
    context.strokeText(label, right, y);
    context.fillText(label, right, y);
  }
  context.textAlign = "left";
}

function paintCurve(context, { timeline, layout, palette }, row, curve) {
  const { values } = curve;
  const frame = layout.pixelsPerSecond / timeline.fps;
  const first = Math.max(Math.floor(layout.view.start * timeline.fps) - 1, 0);
  const last = Math.min(Math.ceil(layout.view.end * timeline.fps) + 1, timeline.frames - 1);
  const xOf = (f) => layout.xOf(frameMiddle(f, timeline.fps));
  const colour = palette.of(curve);
  const line = frame < 0.5 ? envelope(values, first, last, xOf, row) : polyline(values, first, last, xOf, row);
  if (row.curves.length === 1 && frame >= 0.5) fillBelow(context, row, polygon(values, first, last, xOf, row), colour);
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.lineJoin = "round";
  context.stroke(line);
  if (frame < DOTS_FROM) return;
  context.fillStyle = colour;
  for (let f = first; f <= last; f++) {
    if (Number.isFinite(values[f])) dot(context, xOf(f), yOf(row, values[f]), 2);
  }
}

/** A filled circle. */
export function dot(context, x, y, radius) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}

/** The line, with gaps where there is no value; a lone frame becomes a short dash. */
function polyline(values, first, last, xOf, row) {
  const path = new Path2D();
  for (const [start, end] of runs(values, first, last)) {
    path.moveTo(xOf(start) - (start === end ? 1 : 0), yOf(row, values[start]));
    for (let f = start + 1; f <= end; f++) path.lineTo(xOf(f), yOf(row, values[f]));
    if (start === end) path.lineTo(xOf(end) + 1, yOf(row, values[end]));
  }
  return path;
}

function polygon(values, first, last, xOf, row) {
  const path = new Path2D();
  const [low, high] = row.range;
  const ground = yOf(row, high <= 0 ? low : Math.max(low, 0)); // levels in dB stand on their floor
  for (const [start, end] of runs(values, first, last)) {
    path.moveTo(xOf(start), ground);
    for (let f = start; f <= end; f++) path.lineTo(xOf(f), yOf(row, values[f]));
    path.lineTo(xOf(end), ground);
  }
  return path;
}

/** For more frames than pixels: from the lowest to the highest value of each pixel. */
function envelope(values, first, last, xOf, row) {
  const path = new Path2D();
  for (let f = first; f <= last; ) {
    const x = Math.floor(xOf(f));
    let low = Infinity;
    let high = -Infinity;
    for (; f <= last && Math.floor(xOf(f)) === x; f++) {
      if (values[f] < low) low = values[f];
      if (values[f] > high) high = values[f];
    }
    if (low > high) continue;
    path.moveTo(x + 0.5, yOf(row, low) + 0.5);
    path.lineTo(x + 0.5, yOf(row, high) - 0.5);
  }
  return path;
}

function fillBelow(context, row, path, colour) {
  context.globalAlpha = 0.13;
  context.fillStyle = colour;
  context.fill(path);
  context.globalAlpha = 1;
}

/** First and last frame of each stretch that has values. */
function* runs(values, first, last) {
  let start = -1;
  for (let f = first; f <= last + 1; f++) {
    const present = f <= last && Number.isFinite(values[f]);
    if (present && start < 0) start = f;
    if (!present && start >= 0) {
      yield [start, f - 1];
      start = -1;
    }
  }
}
