// Colours of the vertices.

const TINT = 0.8; // share of a region's colour
const LIGHT = 0.85; // of the light of a look's own surface, which is what faces of a colour have at least
const LUMA = [0.299, 0.587, 0.114];

/** Whether a look takes the colours that a head brings. */
export function usesOwnColors(head, look) {
  return look.vertex_colors && "colors" in head.arrays;
}

/** Whether regions can be coloured, and are wanted. */
export function usesRegions(head, tint) {
  return tint && "region_colors" in head.arrays;
}

/** RGBA bytes a vertex: the colour of the surface, and its openness to the light in A. */
export function vertexColors(head, look, tint) {
  const { colors, openness, region_colors } = head.arrays;
  const own = usesOwnColors(head, look), tinted = usesRegions(head, tint);
  const rgba = new Uint8Array(4 * openness.length);
  for (let v = 0; v < openness.length; v++) {
    for (let c = 0; c < 3; c++) {
      const base = own ? colors[3 * v + c] : look.mesh[c];
      rgba[4 * v + c] = tinted ? base + TINT * (region_colors[3 * v + c] - base) : base;
    }
    rgba[4 * v + 3] = openness[v];
  }
  return rgba;
}

/**
 * A colour for a face of this look: the page's colours are for lines on a light or a dark page, and dark faces laid over
 * each other are mud. It keeps its hue. @param {number[]} rgb  in 0..255 @param {number[]} mesh  of the look, alike
 */
export function litColor(rgb, mesh) {
  const wanted = LIGHT * luma(mesh);
  const bright = rgb.map((channel) => channel * Math.min(Math.max(wanted / Math.max(luma(rgb), 1), 1), 255 / Math.max(...rgb, 1)));
  const white = Math.max((wanted - luma(bright)) / (255 - luma(bright)), 0); // what brightness alone does not give
  return bright.map((channel) => channel + white * (255 - channel));
}

function luma(rgb) {
  return rgb.reduce((sum, channel, c) => sum + LUMA[c] * channel, 0);
}
