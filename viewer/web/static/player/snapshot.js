// What the buttons, the panel and the notices show, read from the player in one go.

const SHOWN = [
  "state", "frames", "fps", "playing", "hasSound", "speed", "loop", "region", "soundOffset", "volume", "muted",
  "look", "looks", "camera", "cameras", "layers", "headLocked", "wireframe", "tint", "captions",
  "autoplayNext", "hasNext", "hasPrevious", "panelOpen", "helpOpen",
];
const NO_HEAD = { regions: [], remarks: [] };

/**
 * @param {import("./flame-player.js").FlamePlayer} player
 * @param {import("./core.js").PlayerCore} core
 */
export function snapshotOf(player, core) {
  const { clip } = player;
  const head = core.stage.head?.header ?? NO_HEAD;
  // What is borrowed is no fault of what is seen: it is told beside the clip, not over the face.
  const flags = (clip?.flags ?? []).filter(({ code }) => code !== "borrowed").map(({ message }) => message);
  return {
    ...Object.fromEntries(SHOWN.map((name) => [name, player[name]])),
    warnings: [...new Set([...core.remarks, ...head.remarks, ...(clip?.altered ?? []), ...flags])],
    pictures: core.comparison.pictures,
    regions: head.regions,
    hasRegions: head.regions.length > 0,
    hasWords: Boolean(clip?.words.length),
    isTrack: clip?.motion === "vertices",
    zeroExpression: Boolean(clip?.zero_expression),
    identityChanges: Boolean(clip?.identity_changes),
  };
}
