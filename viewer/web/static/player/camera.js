// Camera and light of the picture, as viewer/looks.py computes them, and how the camera is moved.

import { dot, turn3, unit } from "./matrix.js";

const DEGREES = Math.PI / 180;
const MAX_ELEVATION = 85;
const ZOOM_RANGE = [0.4, 12];

/**
 * Degrees, a factor, and metres in the plane of the picture.
 * @typedef {{azimuth: number, elevation: number, zoom: number, panX: number, panY: number}} View
 */

/** A preset of the looks data as a view. @returns {View} */
export function viewOf(preset) {
  return { azimuth: preset.azimuth, elevation: preset.elevation, zoom: 1, panX: 0, panY: 0 };
}

/** A view with its numbers brought into range; what is missing or no number comes from `former`. @returns {View} */
export function heldView(view, former) {
  const get = (name) => (Number.isFinite(view[name]) ? view[name] : former[name]);
  return {
    azimuth: ((((get("azimuth") + 180) % 360) + 360) % 360) - 180,
    elevation: clamp(get("elevation"), -MAX_ELEVATION, MAX_ELEVATION),
    zoom: clamp(get("zoom"), ...ZOOM_RANGE),
    panX: clamp(get("panX"), -0.3, 0.3),
    panY: clamp(get("panY"), -0.3, 0.3),
  };
}

/** Name of the preset that a view equals, or null. */
export function presetName(view, cameras) {
  const same = (preset) => Object.entries(viewOf(preset)).every(([name, value]) => Math.abs(view[name] - value) < 1e-6);
  return Object.keys(cameras).find((name) => same(cameras[name])) ?? null;
}

/** Metres from the camera to the target. */
function distance(framing, aspect, fovDegrees) {
  return halfHeight(framing, aspect) / Math.tan((fovDegrees / 2) * DEGREES);
}

function halfHeight(framing, aspect) {
  return Math.max(framing.half_height, framing.half_width / aspect);
}

/** Metres of the target plane that one pixel covers, at a picture of `height` pixels. */
export function metresPerPixel(framing, aspect, height, zoom) {
  return (2 * halfHeight(framing, aspect)) / height / zoom;
}

/** World to camera space: 4 × 4, row first. */
export function viewMatrix(view, framing, aspect, fovDegrees) {
  const a = view.azimuth * DEGREES, e = view.elevation * DEGREES;
  const right = [Math.cos(a), 0, -Math.sin(a)];
  const up = [-Math.sin(e) * Math.sin(a), Math.cos(e), -Math.sin(e) * Math.cos(a)];
  const back = [Math.cos(e) * Math.sin(a), Math.sin(e), Math.cos(e) * Math.cos(a)];
  const away = distance(framing, aspect, fovDegrees);
  const eye = framing.target.map((t, i) => t + away * back[i]);
  return [
    ...right, view.panX - dot(right, eye),
    ...up, view.panY - dot(up, eye),
    ...back, -dot(back, eye),
    0, 0, 0, 1,
  ];
}

/** Camera space to clip space: 4 × 4, row first. Zoom narrows the lens, so that the perspective stays. */
export function projectionMatrix(view, framing, aspect, fovDegrees) {
  const away = distance(framing, aspect, fovDegrees);
  const near = Math.max(away - framing.radius, away / 20), far = away + framing.radius;
  const focal = (view.zoom * away) / halfHeight(framing, aspect);
  return [
    focal / aspect, 0, 0, 0,
    0, focal, 0, 0,
    0, 0, (far + near) / (near - far), (2 * far * near) / (near - far),
    0, 0, -1, 0,
  ];
}

/** Degrees by which the lights turn for a camera at `azimuth`: what the presets say, and in between. */
export function lightAzimuth(azimuth, cameras) {
  const marks = Object.values(cameras).map((camera) => [camera.azimuth, camera.light_azimuth]);
  const widest = marks.reduce((a, b) => (b[0] > a[0] ? b : a));
  const points = [...marks, [150, widest[1]], [180, 0]].sort((a, b) => a[0] - b[0]);
  const side = Math.abs(azimuth);
  const i = Math.max(points.findIndex(([at]) => at >= side), 1);
  const [[a0, l0], [a1, l1]] = [points[i - 1], points[i]];
  return Math.sign(azimuth) * (l0 + ((side - a0) / (a1 - a0)) * (l1 - l0));
}

/** The shader's uniforms for a look seen by a camera whose lights are turned. `base`: of a camera with unturned lights. */
export function turnedLights(base, degrees) {
  const a = degrees * DEGREES;
  const about = [Math.cos(a), 0, Math.sin(a), 0, 1, 0, -Math.sin(a), 0, Math.cos(a)];
  const key = turn3(about, base.key_direction);
  return {
    ...base,
    key_direction: key,
    fill_direction: turn3(about, base.fill_direction),
    highlight_direction: unit([key[0], key[1], key[2] + 1]),
  };
}

function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}
