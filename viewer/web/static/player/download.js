// Handing a picture to the browser as a download.

const KEPT_MS = 10_000; // until the browser has surely begun to save it
const PAPER = "#ffffff", INK = "#1f2937";

/** @param {Blob} blob  PNG  @param {string} stem  of the clip  @param {number} frame  @param {string[]} notes  to stand beneath */
export async function savePicture(blob, stem, frame, notes = []) {
  const url = URL.createObjectURL(notes.length > 0 ? await annotated(blob, notes) : blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = `${stem.replace(/[^\p{L}\p{N}._-]+/gu, "_")}.frame${frame}.png`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}

/** The picture with a line for each note beneath it: once saved, nothing else would tell that it is not the data. */
async function annotated(blob, notes) {
  const picture = await createImageBitmap(blob);
  const { width, height } = picture;
  const size = Math.max(Math.round(width / 60), 11);
  const line = 1.5 * size;
  const canvas = new OffscreenCanvas(width, height + Math.ceil((notes.length + 0.5) * line));
  const context = canvas.getContext("2d");
  context.fillStyle = PAPER;
  context.fillRect(0, 0, width, canvas.height);
  context.drawImage(picture, 0, 0);
  picture.close();
  context.fillStyle = INK;
  context.font = `${size}px system-ui, sans-serif`;
  context.textBaseline = "middle";
  notes.forEach((note, i) => context.fillText(note, size, height + (i + 0.75) * line, width - 2 * size));
  return canvas.convertToBlob({ type: "image/png" });
}
