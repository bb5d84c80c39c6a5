// What a link says of the live tab besides look, camera preset and speed, so that a colleague sees the same picture.
// docs/page.md lists the names. Values are strings, null where they say nothing that is not so anyway.

const ORBIT = ["azimuth", "elevation", "zoom", "panX", "panY"];
const LAYERS = { expression: "expression", jaw: "jaw", head: "headPose", identity: "identity" };
const SWITCHES = { held: "headLocked", wireframe: "wireframe", regions: "tint", words: "captions" };
const MOST_OFFSET_MS = 200;

export const LIVE_NAMES = ["orbit", "off", "show", "region", "offset"];

/**
 * What a player shows, for the URL.
 * @param {import("./player/flame-player.js").FlamePlayer} player
 * @returns {Record<string, string | null>} by LIVE_NAMES
 */
export function parametersOf(player) {
  const { camera, view, layers, region, soundOffset } = player;
  const names = (table, isNamed) => Object.keys(table).filter((name) => isNamed(table[name])).join(",") || null;
  return {
    orbit: camera === null ? ORBIT.map((name) => Number(view[name].toFixed(4))).join(",") : null,
    off: names(LAYERS, (layer) => !layers[layer]),
    show: names(SWITCHES, (property) => player[property]),
    region: region && `${region.start}-${region.end}`,
    offset: soundOffset === 0 ? null : String(soundOffset),
  };
}

/** Layers, switches and the sound's offset as properties of the player. What makes no sense is left out. */
export function switchesOf({ off, show, offset }) {
  const [without, shown] = [off, show].map((names) => names?.split(",") ?? []);
  const milliseconds = Number(offset ?? 0);
  return {
    layers: Object.fromEntries(Object.entries(LAYERS).map(([name, layer]) => [layer, !without.includes(name)])),
    ...Object.fromEntries(Object.entries(SWITCHES).map(([name, property]) => [property, shown.includes(name)])),
    soundOffset: Math.abs(milliseconds) <= MOST_OFFSET_MS ? milliseconds : 0,
  };
}

/** The camera that was moved by hand as `view` of the player, or null. */
export function orbitOf({ orbit }) {
  if (!orbit) return null;
  const numbers = orbit.split(",").map(Number);
  return Object.fromEntries(ORBIT.map((name, index) => [name, numbers[index]]));
}

/** The marked region in frames, both included, or null. */
export function regionOf({ region }) {
  const [, start, end] = /^(\d{1,7})-(\d{1,7})$/.exec(region ?? "") ?? [];
  return start === undefined ? null : { start: Number(start), end: Number(end) };
}
