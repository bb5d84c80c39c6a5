// Where the properties of <flame-player> live.

/** Properties that live in the playback or on the stage; docs/player.md describes each. */
export const FORWARDED = {
  playback: ["speed", "loop", "region", "soundOffset", "volume", "muted"],
  stage: ["look", "camera", "view", "layers", "headLocked", "wireframe", "tint"],
};
export const READ_ONLY = {
  playback: ["frames", "fps", "playing", "seconds", "hasSound"],
  stage: ["looks", "cameras", "metresPerPixel", "software", "cost"],
};
/** What a link needs to show the same. */
export const SETTINGS = [
  "look", "camera", "view", "speed", "loop", "region", "soundOffset", "layers", "headLocked", "wireframe", "tint", "captions",
];
/** Properties of the element itself, with their first value; setting one shows it. */
export const OWN = { captions: true, autoplayNext: false, hasNext: true, hasPrevious: true, panelOpen: false, helpOpen: false };
