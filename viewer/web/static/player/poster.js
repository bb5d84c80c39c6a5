// The picture as a PNG file. Where tracks are compared, it says whose face is whose and which colour is which error.

import { cssOf, dotOf, noteOf } from "./captions.js";
import { SCALE_TITLE, stopsOf, ticksOf } from "./heat-scale.js";

const PAPER = "#ffffff", INK = "#1f2937", TAG = "rgb(24 30 40 / 74%)", LINE = "rgb(128 134 144 / 50%)";
const FONT_PIXELS = 12;
const FONT = "system-ui, sans-serif";

/** @param {import("./core.js").PlayerCore} core  @returns {Promise<Blob>} */
export function pictureOf({ stage, comparison, playback }) {
  // In one go: the browser empties the canvas once it has been shown.
  if (!stage.draw({ still: true })) return Promise.reject(new Error("there is no picture to save"));
  const { canvas } = stage;
  if (comparison.pictures) return posterOf(canvas, comparison, stage, playback.frame);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the browser made no PNG"))), "image/png");
  });
}

function posterOf(canvas, { pictures, compare }, stage, frame) {
  const { cells } = stage;
  const size = (FONT_PIXELS * canvas.width) / canvas.clientWidth; // as on the screen
  const withScale = compare.mode === "heat";
  const poster = new OffscreenCanvas(canvas.width, canvas.height + (withScale ? 4 * size : 0));
  const context = poster.getContext("2d");
  context.fillStyle = PAPER;
  context.fillRect(0, 0, poster.width, poster.height);
  context.drawImage(canvas, 0, 0);
  context.textBaseline = "middle";
  cells.forEach((cell, i) => {
    const x = Math.round(cell.left * canvas.width), y = Math.round(cell.top * canvas.height);
    context.fillStyle = LINE;
    if (x > 0) context.fillRect(x, y, 1, cell.height * canvas.height);
    if (y > 0) context.fillRect(x, y, cell.width * canvas.width, 1);
    const room = cell.width * canvas.width - 1.2 * size;
    let top = y + 0.6 * size;
    for (const label of pictures[i].labels) top += drawTag(context, label, stage, frame, { x: x + 0.6 * size, y: top, size, room });
  });
  if (withScale) drawScale(context, stage.setup.heat, compare.top, { y: canvas.height, width: canvas.width, size });
  return poster.convertToBlob({ type: "image/png" });
}

/** @returns {number} height that it takes */
function drawTag(context, label, stage, frame, { x, y, size, room }) {
  const dot = dotOf(label, stage.setup.looks[stage.appearance.look].mesh);
  const note = noteOf(label, stage, frame);
  const [name, said] = [`600 ${size}px ${FONT}`, `${size}px ${FONT}`];
  const widthOf = (font, text) => {
    context.font = font;
    return context.measureText(text).width;
  };
  const inset = dot ? 1.8 * size : 0.6 * size;
  const nameWidth = widthOf(name, label.text), noteWidth = note ? widthOf(said, note) + 0.6 * size : 0;
  const width = Math.min(inset + nameWidth + noteWidth + 0.6 * size, room);
  context.fillStyle = TAG;
  context.beginPath();
  context.roundRect(x, y, width, 1.8 * size, 0.9 * size);
  context.fill();
  if (dot) {
    context.fillStyle = cssOf(dot);
    context.beginPath();
    context.arc(x + size, y + 0.9 * size, 0.35 * size, 0, 2 * Math.PI);
    context.fill();
  }
  context.fillStyle = "#ffffff";
  context.font = name;
  const given = width - inset - 0.6 * size;
  const shrink = Math.min(1, given / (nameWidth + noteWidth));
  context.fillText(label.text, x + inset, y + 0.95 * size, shrink * nameWidth);
  context.font = said;
  if (note) context.fillText(note, x + inset + shrink * (nameWidth + 0.6 * size), y + 0.95 * size, shrink * (noteWidth - 0.6 * size));
  return 2.2 * size;
}

function drawScale(context, { table, no_data }, top, { y, width, size }) {
  context.font = `${size}px ${FONT}`;
  context.fillStyle = INK;
  const none = "no data";
  const left = context.measureText(SCALE_TITLE).width + 2 * size, right = width - context.measureText(none).width - 6 * size;
  const middle = y + 1.3 * size;
  context.fillText(SCALE_TITLE, size, middle);
  context.fillText(none, width - context.measureText(none).width - size, middle);
  context.fillStyle = cssOf(no_data);
  context.fillRect(width - context.measureText(none).width - 2.2 * size, middle - 0.4 * size, 0.8 * size, 0.8 * size);
  const colors = context.createLinearGradient(left, 0, right, 0);
  for (const { share, color } of stopsOf(table)) colors.addColorStop(share, color);
  context.fillStyle = colors;
  context.fillRect(left, y + 0.8 * size, right - left, size);
  context.fillStyle = INK;
  context.textAlign = "center";
  for (const { share, text } of ticksOf(top)) context.fillText(text, left + share * (right - left), y + 2.7 * size);
  context.textAlign = "left";
}
