// Handing a picture to the browser as a download.

const KEPT_MS = 10_000; // until the browser has surely begun to save it

/** @param {Blob} blob  PNG  @param {string} stem  of the clip  @param {number} frame */
export function savePicture(blob, stem, frame) {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = `${stem.replace(/[^\p{L}\p{N}._-]+/gu, "_")}.frame${frame}.png`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}
