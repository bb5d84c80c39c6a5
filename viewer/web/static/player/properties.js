// Where the properties of <flame-player> live.

/** Properties that live in parts of the core; docs/player.md describes each. */
export const FORWARDED = {
  playback: ["speed", "loop", "region", "soundOffset", "volume", "muted"],
  stage: ["layers"],
  appearance: ["look", "camera", "view", "headLocked", "wireframe", "tint"],
  comparison: ["tracks", "compare"],
};
export const READ_ONLY = {
  playback: ["frames", "fps", "playing", "seconds", "hasSound"],
  stage: ["metresPerPixel", "software", "cost"],
  appearance: ["looks", "cameras"],
  comparison: ["trackStates", "errors"],
};
/** What a link needs to show the same. */
export const SETTINGS = [
  "look", "camera", "view", "speed", "loop", "region", "soundOffset", "layers", "headLocked", "wireframe", "tint", "captions",
];
/** Properties of the element itself, with their first value; setting one shows it. */
export const OWN = { captions: true, autoplayNext: false, hasNext: true, hasPrevious: true, panelOpen: false, helpOpen: false };
