// How far a track is from the reference, vertex by vertex: in mm, and as colours on the reference's face. What is compared
// is the motion of the face: head pose is left out, and both have the reference's identity; viewer/compare/faces.py.

import { laidOver } from "./align.js";
import { KeptMesh } from "./kept-mesh.js";

const MM = 1000;

/** Colours of no error up to the top, and of no data, RGB in 0..255. @typedef {{table: number[][], no_data: number[]}} Scale */

/** The errors of one track. */
export class Heat {
  /** mm a vertex of the frame last measured; NaN where one of both has no data. */
  errors;
  #reference;
  #track;
  #targets; // where the skulls of tracks of vertices are laid
  #colors;
  #mesh = new KeptMesh();
  #stale = true; // the errors are to be measured anew

  /**
   * @param {import("./face.js").Face} reference
   * @param {import("./face.js").Face} track
   * @param {{header: object, arrays: object}} head
   */
  constructor(reference, track, head) {
    this.#reference = reference;
    this.#track = track;
    this.errors = new Float32Array(head.header.vertices);
    const faces = [reference, track];
    const told = faces.find((face) => !isTrack(face)); // tracks of vertices do not tell how the person looks at rest
    const target = faces.some(isTrack) ? (told?.neutral() ?? head.arrays.template) : null;
    this.#targets = { points: target, skull: head.arrays.skull };
    this.#colors = new Uint8Array(4 * head.header.vertices);
    for (let v = 0; v < this.errors.length; v++) this.#colors[4 * v + 3] = head.arrays.openness[v];
  }

  /** Whether distances on a head say anything: not where it does not make one's expressions, or has no skull to hold. */
  static says(head, ...faces) {
    const unknown = faces.some(({ clip }) => clip.header.zero_expression);
    return !unknown && ("skull" in head.arrays || !faces.some(isTrack));
  }

  /** Say what is no longer right: "errors", as it is another frame, "upload", as the reference moved, or "paint". */
  spoil(part) {
    if (part === "errors") this.#stale = true;
    this.#mesh.spoil(part === "upload" ? "upload" : "paint");
  }

  /** Measure a frame, unless that was done before. @returns {Float32Array} `errors` */
  measure(frame) {
    if (!this.#stale) return this.errors;
    this.#stale = false;
    if (this.#reference.badness(frame) ?? this.#track.badness(frame)) this.errors.fill(NaN);
    else distances(this.errors, this.#still(this.#reference, frame), this.#still(this.#track, frame));
    return this.errors;
  }

  /** Where the graphics card has the reference's face in the colours of the errors. */
  mesh(scene, frame, { table, no_data }, topMm) {
    return this.#mesh.of(scene, this.#reference, () => {
      paint(this.#colors, this.measure(frame), table, no_data, topMm);
      return this.#colors;
    });
  }

  /** The graphics card has forgotten everything. */
  lose() {
    this.#mesh.lose();
  }

  /** Give the graphics memory back. */
  dispose() {
    this.#mesh.dispose();
  }

  #still(face, frame) {
    const vertices = face.atRest(frame);
    return isTrack(face) ? laidOver(vertices, this.#targets.points, this.#targets.skull) : vertices;
  }
}

/** Mean and largest error in mm; null where there is none. @param {Float32Array} errors */
export function summary(errors) {
  if (Number.isNaN(errors[0])) return null;
  let sum = 0, max = 0;
  for (const error of errors) {
    sum += error;
    if (error > max) max = error;
  }
  return { mean: sum / errors.length, max };
}

/** Whether a clip is a track of vertices, which has no head pose to leave out. @param {import("./face.js").Face} face */
function isTrack(face) {
  return face.clip?.header.motion === "vertices";
}

function distances(errors, a, b) {
  for (let v = 0, k = 0; v < errors.length; v++, k += 3) {
    const x = b[k] - a[k], y = b[k + 1] - a[k + 1], z = b[k + 2] - a[k + 2];
    errors[v] = MM * Math.sqrt(x * x + y * y + z * z);
  }
}

/** As `colors` of viewer/heat.py. */
function paint(rgba, errors, table, noData, topMm) {
  const last = table.length - 1;
  for (let v = 0; v < errors.length; v++) {
    const [r, g, b] = table[Math.floor(last * Math.min(errors[v] / topMm, 1) + 0.5)] ?? noData; // no row is that of NaN
    rgba[4 * v] = r;
    rgba[4 * v + 1] = g;
    rgba[4 * v + 2] = b;
  }
}
