// Frames of a compared track that hold nothing to compare: hatched in its colour, one lane a track.

import { FONT } from "./paint.js";

const STRIPE = 7; // pixels from one line to the next
const LEAST_WIDTH = 2; // so that one frame of many is seen
const TEXT = "no data";
const LANE_FROM = 13; // pixels of a lane in which a text has room

/** @param {CanvasRenderingContext2D} context  in CSS pixels, clipped to the row  @param {import("./paint.js").Scene} scene */
export function paintGaps(context, { timeline, layout, palette }, row) {
  const lane = row.height / row.gaps.length;
  row.gaps.forEach(({ spans, colour }, index) => {
    for (const [first, last] of spans) {
      const left = Math.max(layout.xOf(first / timeline.fps), layout.x);
      const right = Math.min(Math.max(layout.xOf((last + 1) / timeline.fps), left + LEAST_WIDTH), layout.x + layout.plotWidth);
      if (right > left) paintGap(context, { left, top: row.y + index * lane, width: right - left, height: lane }, palette.named(colour), palette);
    }
  });
}

function paintGap(context, { left, top, width, height }, colour, palette) {
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  context.globalAlpha = palette.dark ? 0.16 : 0.1;
  context.fillStyle = colour;
  context.fillRect(left, top, width, height);
  context.globalAlpha = 0.45;
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.beginPath();
  for (let x = left - height - ((left - height) % STRIPE); x < left + width; x += STRIPE) {
    context.moveTo(x, top + height);
    context.lineTo(x + height, top);
  }
  context.stroke();
  context.globalAlpha = 1;
  context.font = FONT;
  const text = context.measureText(TEXT).width;
  if (width > text + 16 && height >= LANE_FROM) {
    context.strokeStyle = palette.field;
    context.fillStyle = palette.muted;
    context.lineWidth = 4;
    context.strokeText(TEXT, left + 8, top + height / 2);
    context.fillText(TEXT, left + 8, top + height / 2);
  }
  context.restore();
}
