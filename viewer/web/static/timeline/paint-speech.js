// Words in time, those whose times are doubtful dimmed, and their phones beneath them where there is room.

const LEAST_WORD = 3; // pixels; narrower ones are bars
const SILENCE = "SIL";
const PHONE_FONT = "10px system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif";

/** @param {CanvasRenderingContext2D} context  in CSS pixels  @param {import("./paint.js").Scene} scene */
export function paintSpeech(context, scene, row) {
  paintWords(context, scene, row);
  if (row.phones) paintPhones(context, scene, row);
}

function paintWords(context, { timeline, layout, palette }, row) {
  const { y, height } = row.bar;
  const aligned = timeline.speech.status === "aligned";
  for (const [text, start, end, weak] of timeline.words) {
    const left = Math.max(layout.xOf(start), layout.x - 8);
    const right = Math.min(layout.xOf(end), layout.x + layout.plotWidth + 8);
    if (right <= left) continue;
    const dimmed = aligned && weak;
    context.globalAlpha = dimmed ? 0.07 : 0.16;
    context.fillStyle = palette.accent;
    if (right - left < LEAST_WORD) {
      context.fillRect(left, y, (right - left) * 0.8, height);
      continue;
    }
    context.beginPath();
    context.roundRect(left + 0.5, y, Math.max(right - left - 1, 1), height, 4);
    context.fill();
    context.globalAlpha = 1;
    const shown = fitted(context, text, right - left - 7);
    if (!shown) continue;
    context.fillStyle = dimmed ? palette.muted : palette.text;
    context.fillText(shown, Math.max(left, layout.x) + 4, y + height / 2 + 0.5);
  }
  context.globalAlpha = 1;
}

function paintPhones(context, { timeline, layout, palette }, row) {
  const font = context.font;
  const top = row.y + row.height - row.phones;
  context.font = PHONE_FONT;
  context.textAlign = "center";
  for (const [label, start, end] of timeline.phones) {
    const [left, right] = [layout.xOf(start), layout.xOf(end)];
    if (label === SILENCE || right < layout.x || left > layout.x + layout.plotWidth) continue;
    context.fillStyle = palette.line;
    for (const x of [left, right]) context.fillRect(Math.round(x), top - 1, 1, row.phones - 2);
    context.fillStyle = palette.muted;
    if (context.measureText(label).width <= right - left - 2) context.fillText(label, (left + right) / 2, top + row.phones / 2 - 1.5);
  }
  context.textAlign = "left";
  context.font = font;
}

/** The text, or its beginning and "…", or "" where there is no room. */
function fitted(context, text, room) {
  if (room < 6) return "";
  if (context.measureText(text).width <= room) return text;
  const characters = [...text];
  let count = Math.min(characters.length - 1, Math.floor(room / 4));
  const cut = () => `${characters.slice(0, count).join("")}…`;
  while (count > 0 && context.measureText(cut()).width > room) count--;
  return count > 0 ? cut() : "";
}
