// Where several pictures stand on one canvas.

/** The parts of a canvas, from its upper left corner, as shares of its width and height. */
const WHOLE = Object.freeze([{ left: 0, top: 0, width: 1, height: 1 }]);

/**
 * Columns and rows in which heads become largest; where it makes no difference, beside each other.
 * @param {number} n  pictures
 * @param {number} width
 * @param {number} height
 * @param {{half_width: number, half_height: number}} framing  of the head
 * @returns {{left: number, top: number, width: number, height: number}[]}
 */
export function cellsOf(n, width, height, framing) {
  if (n === 1) return WHOLE;
  let best = { scale: 0, columns: n };
  for (let columns = n; columns >= 1; columns--) {
    const rows = Math.ceil(n / columns);
    const scale = Math.min(width / columns / framing.half_width, height / rows / framing.half_height);
    if (scale > best.scale * 1.001) best = { scale, columns };
  }
  const { columns } = best, rows = Math.ceil(n / columns);
  return Array.from({ length: n }, (_, i) => ({
    left: (i % columns) / columns, top: Math.floor(i / columns) / rows, width: 1 / columns, height: 1 / rows,
  }));
}

/** A cell in whole pixels of a canvas, from its lower left corner: [x, y, width, height]. Neighbours touch. */
export function boxOf({ left, top, width, height }, canvas) {
  const x = Math.round(left * canvas.width), right = Math.round((left + width) * canvas.width);
  const y = Math.round(top * canvas.height), bottom = Math.round((top + height) * canvas.height);
  return [x, canvas.height - bottom, right - x, bottom - y];
}
