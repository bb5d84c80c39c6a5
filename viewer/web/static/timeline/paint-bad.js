// Frames that hold no numbers in the data: a band through all rows, and a mark in the ruler.

const LEAST_WIDTH = 2; // pixels, so that one frame of many is seen
const MARK = 4;

/** @param {CanvasRenderingContext2D} context  in CSS pixels  @param {import("./paint.js").Scene} scene */
export function paintBadFrames(context, { timeline, layout, palette }) {
  const from = layout.x;
  const to = layout.x + layout.plotWidth;
  context.fillStyle = palette.bad;
  let painted = from; // so that many narrow bands in one place do not add up
  for (const [first, last] of timeline.badFrames) {
    const begin = layout.xOf(first / timeline.fps);
    const end = layout.xOf((last + 1) / timeline.fps);
    if (end <= from || begin >= to) continue; // not in view
    const left = Math.max(Math.min(begin, to - LEAST_WIDTH), painted);
    const right = Math.min(Math.max(end, begin + LEAST_WIDTH), to);
    if (right <= left) continue;
    painted = right;
    context.globalAlpha = palette.dark ? 0.3 : 0.22;
    context.fillRect(left, layout.ruler, right - left, layout.height - layout.ruler);
    context.globalAlpha = 1;
    context.fillRect(left, layout.ruler - MARK, right - left, MARK);
  }
}
