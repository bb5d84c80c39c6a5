// Colours of the picture: the page's own where it has them, and two sets for data, on light and on dark.

const NAMES = ["surface", "field", "text", "muted", "line", "accent", "on-accent"];
const TRACKS = ["track-0", "track-1", "track-2"];
const LIGHT = {
  curves: {
    mouth_opening: "#cf3f55", jaw_angle: "#b86e00", head_yaw: "#0b8285", head_pitch: "#6a4ac2", head_roll: "#5f8019",
    expression_speed: "#b02f86", loudness: "#3f6aa8",
  },
  wave: "#5f7291",
  bad: "#c2410c",
  severity: { error: "#b42318", warn: "#a15c00", note: "#3a62cf", ok: "#2f7d4f" },
  heat: ["#edf1f8", "#c5d3ee", "#8aa5de", "#4a61b8", "#2a2b78", "#160f3a"],
};
const DARK = {
  curves: {
    mouth_opening: "#ff8189", jaw_angle: "#f4b04f", head_yaw: "#4fd0c6", head_pitch: "#b8a1ff", head_roll: "#b4d15c",
    expression_speed: "#f28ccf", loudness: "#8ab2ea",
  },
  wave: "#8296b4",
  bad: "#fb923c",
  severity: { error: "#ff8f85", warn: "#f3b657", note: "#8eb3f7", ok: "#7fce9f" },
  heat: ["#11161d", "#2a2054", "#6d2d86", "#c2456f", "#f58f5c", "#fde7a9"],
};

/** @typedef {{dark: boolean, surface: string, field: string, text: string, muted: string, line: string, accent: string, onAccent: string, curve(name: string): string, named(name: string): string, of(curve: import("./data.js").Curve): string, wave: string, bad: string, severity: Record<string, string>, heat: Uint8ClampedArray}} Palette */

/** Colours as they are now. @param {HTMLElement} probe  an element of no use otherwise, inside the shadow root */
export function readPalette(probe) {
  const read = (name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color; // unlike the property itself, with light-dark() resolved
  };
  const [surface, field, text, muted, line, accent, onAccent] = NAMES.map(read);
  const [red, green, blue] = surface.match(/[\d.]+/g).map(Number);
  const dark = 0.299 * red + 0.587 * green + 0.114 * blue < 128;
  const data = dark ? DARK : LIGHT;
  const curve = (name) => data.curves[name] ?? text;
  const tracks = Object.fromEntries(TRACKS.map((name) => [name, read(name)]));
  const named = (name) => tracks[name] ?? text;
  const of = ({ name, colour }) => (colour ? named(colour) : curve(name)); // of compared tracks, each has its own
  return { dark, surface, field, text, muted, line, accent, onAccent, curve, named, of, wave: data.wave, bad: data.bad, severity: data.severity, heat: ramp(data.heat) };
}

/** 256 colours, RGBA, along evenly spaced stops. */
function ramp(stops) {
  const colours = stops.map((hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));
  const table = new Uint8ClampedArray(4 * 256);
  for (let level = 0; level < 256; level++) {
    const position = (level / 255) * (colours.length - 1);
    const stop = Math.min(Math.floor(position), colours.length - 2);
    for (let channel = 0; channel < 3; channel++) {
      const from = colours[stop][channel];
      table[4 * level + channel] = from + (position - stop) * (colours[stop + 1][channel] - from);
    }
    table[4 * level + 3] = 255;
  }
  return table;
}
