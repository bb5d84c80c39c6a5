// Colours of the vertices.

const TINT = 0.8; // share of a region's colour

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
