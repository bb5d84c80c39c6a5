// The binaries of the player's routes; viewer/web/wire/container.py writes them.

const MAGIC = 0x31564c46; // "FLV1", little-endian
const TYPES = {
  uint8: Uint8Array, int16: Int16Array, uint16: Uint16Array, uint32: Uint32Array,
  float32: Float32Array, float64: Float64Array,
};

/**
 * @param {ArrayBuffer} buffer
 * @returns {{header: object, arrays: Record<string, ArrayBufferView>}} typed arrays that are views into the buffer
 */
export function unpack(buffer) {
  const view = new DataView(buffer);
  if (buffer.byteLength < 8 || view.getUint32(0, true) !== MAGIC) throw new Error("not one of the player's files");
  const start = 8 + view.getUint32(4, true);
  const { arrays: layout, ...header } = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, start - 8)));
  const arrays = {};
  for (const [name, { dtype, shape, offset }] of Object.entries(layout)) {
    arrays[name] = new TYPES[dtype](buffer, start + offset, shape.reduce((a, b) => a * b, 1));
  }
  return { header, arrays };
}
