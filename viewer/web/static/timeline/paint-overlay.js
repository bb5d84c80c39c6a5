// What moves over the picture: region, hovered frame, playhead.

import { frameMiddle } from "../player/clock.js";
import { clockTime } from "../style.js";
import { yOf } from "./layout.js";
import { dot } from "./paint-curves.js";
import { FONT } from "./paint.js";

const BAND_FROM = 3; // pixels a frame

/**
 * @param {CanvasRenderingContext2D} context  in CSS pixels
 * @param {import("./paint.js").Scene} scene
 * @param {{time: number, hover: number | null, region: {start: number, end: number} | null}} moving  times in seconds
 */
export function paintOverlay(context, scene, { time, hover, region }) {
  const { layout } = scene;
  context.save();
  context.beginPath();
  context.rect(layout.x - 8, 0, layout.plotWidth + 16, layout.height);
  context.clip();
  context.font = FONT;
  context.textBaseline = "middle";
  if (region) paintRegion(context, scene, region);
  paintWord(context, scene, hover ?? time);
  if (hover !== null) paintHover(context, scene, hover);
  paintPlayhead(context, scene, time);
  paintDots(context, scene, hover ?? time);
  if (hover !== null) badge(context, scene, hover, scene.palette.muted, scene.palette.surface);
  context.restore();
}

function paintRegion(context, { layout, palette }, { start, end }) {
  const left = Math.round(layout.xOf(start));
  const right = Math.round(layout.xOf(end));
  context.fillStyle = palette.accent;
  context.globalAlpha = palette.dark ? 0.16 : 0.1;
  context.fillRect(left, layout.ruler, right - left, layout.height - layout.ruler);
  context.globalAlpha = 0.9;
  for (const x of [left, right]) context.fillRect(x - 0.5, layout.ruler - 5, 1, layout.height);
  context.fillRect(left, layout.ruler - 5, right - left, 4);
  for (const x of [left, right]) {
    context.beginPath();
    context.roundRect(x - 3, layout.ruler - 8, 6, 10, 2);
    context.fill();
  }
  context.globalAlpha = 1;
}

function paintWord(context, { timeline, layout, palette }, time) {
  const row = layout.rows.find(({ kind }) => kind === "words");
  const word = row && timeline.words[timeline.wordAt(time)];
  if (!word) return;
  const [text, start, end] = word;
  const [left, right] = [layout.xOf(start), layout.xOf(end)];
  const { y, height } = row.bar;
  if (right < layout.x || left > layout.x + layout.plotWidth) return; // not in view
  const needed = context.measureText(text).width + 9;
  const width = Math.max(right - left, needed); // the word is always readable
  const x = Math.min(Math.max((left + right - width) / 2, layout.x), layout.x + layout.plotWidth - width);
  context.beginPath();
  context.roundRect(x + 0.5, y, width - 1, height, 4);
  context.fillStyle = palette.accent;
  context.fill();
  context.fillStyle = palette.onAccent;
  context.textAlign = "center";
  context.fillText(text, Math.min(Math.max(x + width / 2, layout.x + needed / 2), layout.x + layout.plotWidth - needed / 2), y + height / 2 + 0.5);
  context.textAlign = "left";
}

function paintHover(context, { timeline, layout, palette }, time) {
  const frame = timeline.frameAt(time);
  const width = layout.pixelsPerSecond / timeline.fps;
  context.fillStyle = palette.text;
  if (width >= BAND_FROM) {
    context.globalAlpha = 0.07;
    context.fillRect(layout.xOf(frame / timeline.fps), layout.ruler, width, layout.height - layout.ruler);
  }
  context.globalAlpha = 0.45;
  context.fillRect(Math.round(layout.xOf(time)), layout.ruler, 1, layout.height - layout.ruler);
  context.globalAlpha = 1;
}

function paintPlayhead(context, { layout, palette }, time) {
  const x = layout.xOf(time);
  context.fillStyle = palette.text;
  context.fillRect(x - 0.75, layout.ruler - 6, 1.5, layout.height);
  context.beginPath();
  context.moveTo(x - 5, layout.ruler - 11);
  context.lineTo(x + 5, layout.ruler - 11);
  context.lineTo(x + 5, layout.ruler - 6);
  context.lineTo(x, layout.ruler);
  context.lineTo(x - 5, layout.ruler - 6);
  context.fill();
}

/** A dot on each curve at the frame whose values are read out. */
function paintDots(context, { timeline, layout, palette }, time) {
  const frame = timeline.frameAt(time);
  const x = layout.xOf(frameMiddle(frame, timeline.fps));
  for (const row of layout.rows) {
    for (const curve of row.curves) {
      const { values } = curve;
      if (!Number.isFinite(values[frame])) continue;
      const y = yOf(row, values[frame]);
      context.fillStyle = palette.surface;
      dot(context, x, y, 4.5);
      context.fillStyle = palette.of(curve);
      dot(context, x, y, 3);
    }
  }
}

/** The time in the ruler, on a ground of its own. */
function badge(context, { layout }, time, ground, ink) {
  const label = clockTime(time, 2);
  const width = context.measureText(label).width + 10;
  const wanted = layout.xOf(time) - width / 2;
  const left = Math.min(Math.max(wanted, layout.x), layout.x + layout.plotWidth - width);
  context.fillStyle = ground;
  context.beginPath();
  context.roundRect(left, 1, width, layout.ruler - 5, 4);
  context.fill();
  context.fillStyle = ink;
  context.fillText(label, left + 5, (layout.ruler - 4) / 2 + 1.5);
}
