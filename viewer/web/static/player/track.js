// Clips that are tracks of vertices: viewer/web/wire/track.py writes their arrays.

/**
 * Put the vertices of one frame into `out`.
 * @param {Float32Array} out  x, y, z in metres of each vertex
 * @param {{track: Int16Array | Float32Array, track_scale: Float32Array, track_rest: Float32Array}} arrays  of the clip
 * @param {number} frame
 */
export function placeTrack(out, { track, track_scale: [unit], track_rest: rest }, frame) {
  const start = frame * out.length;
  for (let i = 0; i < out.length; i++) out[i] = rest[i] + unit * track[start + i];
}
