// Waveform and spectrogram.

const LEAST_PEAK = 0.02 * 32767; // so that the noise of silence does not fill the row
/** Pictures of whole spectrograms, by their data; made anew when the colours change. */
const pictures = new WeakMap();
/** Loudest samples of envelopes, by their data. */
const peaks = new WeakMap();

/** The envelope, as high as the clip's loudest sample. */
export function paintWaveform(context, { timeline, layout, palette }, row) {
  const { wave_low: low, wave_high: high } = timeline.arrays;
  const { seconds } = timeline.header.waveform;
  const peak = peakOf(low, high);
  const middle = row.y + row.height / 2;
  const scale = (row.height / 2 - 3) / peak;
  const step = 1 / devicePixelRatio;
  const last = low.length - 1;
  context.fillStyle = palette.wave;
  for (let x = layout.x; x < layout.x + layout.plotWidth; x += step) {
    const from = Math.floor(layout.timeAt(x) / seconds);
    if (from > last) break; // the clip ends within the last column
    const to = Math.min(Math.max(Math.ceil(layout.timeAt(x + step) / seconds), from + 1), last + 1);
    let bottom = low[from];
    let top = high[from];
    for (let i = from + 1; i < to; i++) {
      if (low[i] < bottom) bottom = low[i];
      if (high[i] > top) top = high[i];
    }
    context.fillRect(x, middle - top * scale, step, Math.max((top - bottom) * scale, step));
  }
}

function peakOf(low, high) {
  if (!peaks.has(low)) {
    let peak = LEAST_PEAK;
    for (let i = 0; i < low.length; i++) peak = Math.max(peak, -low[i], high[i]);
    peaks.set(low, peak);
  }
  return peaks.get(low);
}

/** Low tones at the bottom; colours span what the route sent as 0 to 255. */
export function paintSpectrogram(context, { timeline, layout, palette }, row) {
  const { seconds, bands } = timeline.header.spectrogram;
  const picture = pictureOf(timeline.arrays.spectrogram, bands, palette);
  const from = layout.view.start / seconds;
  const columns = layout.view.span / seconds;
  // The clip may end within the last column.
  const shown = Math.min(columns, picture.width - from);
  context.imageSmoothingQuality = "high";
  context.drawImage(
    picture, from, 0, shown, bands, layout.x, row.y, (layout.plotWidth * shown) / columns, row.height,
  );
}

function pictureOf(levels, bands, palette) {
  const known = pictures.get(levels);
  if (known?.dark === palette.dark) return known.picture;
  const picture = document.createElement("canvas");
  picture.width = levels.length / bands;
  picture.height = bands;
  const image = new ImageData(picture.width, bands);
  const heat = new Uint32Array(palette.heat.buffer);
  const pixels = new Uint32Array(image.data.buffer);
  for (let column = 0, i = 0; column < picture.width; column++) {
    for (let band = bands - 1; band >= 0; band--, i++) pixels[band * picture.width + column] = heat[levels[i]];
  }
  picture.getContext("2d").putImageData(image, 0, 0);
  pictures.set(levels, { dark: palette.dark, picture });
  return picture;
}
