// The lane of findings, and the bands of the data set behind curves.

import { SEVERITIES } from "../quality/severity.js";
import { levelY } from "./findings-data.js";
import { yOf } from "./layout.js";

const SIDE = 12; // pixels of a mark, the grid of its path
const SHAPES = Object.fromEntries(Object.entries(SEVERITIES).map(([name, { path }]) => [name, new Path2D(path)]));
const LEAST = 3; // pixels of a stretch, or it is hidden behind its mark

/** @param {CanvasRenderingContext2D} context  in CSS pixels  @param {import("./paint.js").Scene} scene */
export function paintFindings(context, { timeline, layout, palette, marks }, row) {
  if (marks.length === 0) {
    context.fillStyle = palette.muted;
    context.fillText(timeline.findings ? `Checked: ${timeline.findings.summary}` : "Not checked yet", layout.x + 6, row.y + row.height / 2 + 0.5);
  }
  for (const { finding, x, left, right, level } of marks) {
    const y = levelY(row, level);
    const colour = palette.severity[finding.severity];
    if (right - left > SIDE + LEAST) {
      context.globalAlpha = 0.28;
      context.fillStyle = colour;
      context.beginPath();
      context.roundRect(left, y - 3, right - left, 6, 3);
      context.fill();
      context.globalAlpha = 1;
    }
    context.save();
    context.translate(x - SIDE / 2, y - SIDE / 2);
    context.strokeStyle = palette.field; // keeps it readable on the stretch of another
    context.lineWidth = 2;
    context.stroke(SHAPES[finding.severity]);
    context.fillStyle = colour;
    context.fill(SHAPES[finding.severity], "evenodd");
    context.restore();
  }
}

/** Behind a curve: where the data set's frames lie, 90 % of them, and half of them darker. */
export function paintBand(context, { layout, palette }, row, { low, from, to, high }) {
  context.fillStyle = palette.muted;
  for (const [bottom, top, alpha] of [[low, high, 0.1], [from, to, 0.13]]) {
    const y = yOf(row, top);
    context.globalAlpha = alpha;
    context.fillRect(layout.x, y, layout.plotWidth, Math.max(yOf(row, bottom) - y, 1));
  }
  context.globalAlpha = 1;
}
