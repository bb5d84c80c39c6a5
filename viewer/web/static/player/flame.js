// FLAME in the browser: coefficients in, vertices and normals out, as viewer/flame/skinning.py computes them.
//
//     v = identity + exp_dirs · exp + jaw_dirs · (R_jaw − I)          J = joints + exp_joint_dirs · exp
//     vertices = w_rest (R_root (v − J_root) + J_root)
//              + w_jaw (R_root R_jaw (v − J_jaw) + R_root (J_jaw − J_root) + J_root)
//
// viewer/web/wire/head.py says why two joints are enough. Vectors of all vertices are interleaved: x0 y0 z0 x1 y1 …

import { multiply3, rotation, turn3 } from "./matrix.js";
import { placeTrack } from "./track.js";

/** @typedef {{expression: boolean, jaw: boolean, headPose: boolean, identity: boolean}} Layers */

/** Everything on: the data as it is. @type {Readonly<Layers>} */
export const ALL_LAYERS = Object.freeze({ expression: true, jaw: true, headPose: true, identity: true });

const AT_REST = { rotation: rotation([0, 0, 0], 0), translation: [0, 0, 0] };

/** One head and the arrays of the frame it was last posed in. */
export class FlameHead {
  /** Metres, of the frame last posed. @type {Float32Array} */
  vertices;
  /** Unit vectors. @type {Float32Array} */
  normals;
  /** Rotation (row first, 9 numbers) and translation of the root joint in the frame last posed. */
  root = AT_REST;

  /** @param {{header: object, arrays: object}} packed  as unpacked from the head's file */
  constructor({ header, arrays }) {
    this.header = header;
    this.arrays = arrays;
    const n = 3 * header.vertices;
    this.vertices = new Float32Array(n);
    this.normals = new Float32Array(n);
    this.#unposed = new Float64Array(n);
    this.#sums = new Float64Array(n);
    this.#expression = basis(arrays.exp_dirs, arrays.exp_scale, arrays.exp_joint_dirs, n);
    this.#correctives = basis(arrays.jaw_dirs, arrays.jaw_scale, null, n);
    this.#template = new Float32Array(arrays.template);
  }

  #template; // of the clip's identity
  #unposed;
  #sums;
  #expression;
  #correctives;
  #clip = null;
  #identity = null;
  #person = null; // arrays of the clip whose identity it is

  /**
   * Play this clip's arrays; null rests on the mean face.
   * @param {object | null} clip
   * @param {object | null} person  the clip whose identity is shown
   */
  setClip(clip, person = clip) {
    this.#clip = clip;
    this.#person = person?.arrays ?? null;
    const { identity_offset, identity_offset_scale, identity_dirs, identity_scale, identity_joint_dirs } = this.#person ?? {};
    const { template } = this.arrays;
    const [unit] = identity_offset_scale ?? [0];
    for (let i = 0; i < template.length; i++) this.#template[i] = unit ? template[i] + unit * identity_offset[i] : template[i];
    this.#identity = identity_dirs ? basis(identity_dirs, identity_scale, identity_joint_dirs, template.length) : null;
  }

  /**
   * Compute vertices and normals of one frame.
   * @param {number} frame
   * @param {Layers} layers  what is switched off stays at rest; a track of vertices has no layers
   */
  pose(frame, layers = ALL_LAYERS) {
    this.root = this.place(this.vertices, frame, layers);
    vertexNormals(this.normals, this.#sums, this.vertices, this.arrays.faces);
  }

  /** Compute the vertices alone, into `out`. @returns {{rotation: number[], translation: number[]}} the root joint's */
  place(out, frame, layers) {
    const clip = this.#clip?.arrays;
    if (!clip?.track) return this.#placeModel(out, clip, frame, layers);
    placeTrack(out, clip, frame);
    return AT_REST;
  }

  #placeModel(out, clip, frame, layers) {
    const own = layers.identity;
    this.#unposed.set(own ? this.#template : this.arrays.template);
    const joints = Float64Array.from((own && this.#person?.joints) || this.arrays.joints);
    if (own && this.#identity) {
      this.#add(this.#identity, row(this.#person.identity, frame, this.#identity.length), joints);
    }
    if (clip && layers.expression) {
      this.#add(this.#expression, row(clip.exp, frame, clip.exp.length / this.#clip.header.frames), joints);
    }
    const still = [0, 0, 0];
    const jaw = clip && layers.jaw ? rotation(clip.pose, 6 * frame + 3) : rotation(still, 0);
    const root = clip && layers.headPose ? rotation(clip.pose, 6 * frame) : rotation(still, 0);
    const features = jaw.map((entry, k) => entry - (k % 4 === 0 ? 1 : 0));
    this.#add(this.#correctives, features, joints);
    return this.#skin(out, root, jaw, joints);
  }

  /** Add directions times coefficients, four at a time: the sums then stay in registers for longer. */
  #add(directions, coefficients, joints) {
    const acting = [];
    for (let k = 0; k < coefficients.length; k++) {
      if (coefficients[k] === 0) continue;
      acting.push(k);
      const { joint } = directions[k];
      if (joint) for (let i = 0; i < 6; i++) joints[i] += coefficients[k] * joint[i];
    }
    for (let i = 0; i < acting.length; i += 4) {
      const four = [0, 1, 2, 3].map((step) => acting[Math.min(i + step, acting.length - 1)]);
      const c = four.map((k, step) => (i + step < acting.length ? coefficients[k] * directions[k].scale : 0));
      const d = four.map((k) => directions[k].values);
      addFour(this.#unposed, d[0], c[0], d[1], c[1], d[2], c[2], d[3], c[3]);
    }
  }

  #skin(out, root, jaw, joints) {
    const [rootJoint, jawJoint] = [joints.subarray(0, 3), joints.subarray(3, 6)];
    const both = multiply3(root, jaw);
    const turned = turn3(root, rootJoint);
    const b = rootJoint.map((value, i) => value - turned[i]);
    const hinge = turn3(root, jawJoint).map((value, i) => value + b[i]);
    const behind = turn3(both, jawJoint);
    const d = hinge.map((value, i) => value - behind[i]);
    skin(out, this.#unposed, this.arrays.weights, root, b, both, d);
    return { rotation: root, translation: [...b] };
  }
}

/** Directions as views of one array each, with their scale and what they do to the joints. */
function basis(values, scale, jointDirs, n) {
  return Array.from(scale, (unit, k) => ({
    values: values.subarray(k * n, (k + 1) * n),
    scale: unit,
    joint: jointDirs ? jointDirs.subarray(6 * k, 6 * k + 6) : null,
  }));
}

function row(array, index, width) {
  return array.subarray(index * width, (index + 1) * width);
}

function addFour(sums, d0, c0, d1, c1, d2, c2, d3, c3) {
  for (let i = 0; i < sums.length; i++) sums[i] += c0 * d0[i] + c1 * d1[i] + c2 * d2[i] + c3 * d3[i];
}

function skin(out, v, weights, A, b, C, d) {
  const n = out.length / 3;
  const [a0, a1, a2, a3, a4, a5, a6, a7, a8] = A;
  const [c0, c1, c2, c3, c4, c5, c6, c7, c8] = C;
  const [b0, b1, b2] = b;
  const [d0, d1, d2] = d;
  for (let i = 0, k = 0; i < n; i++, k += 3) {
    const x = v[k], y = v[k + 1], z = v[k + 2];
    const rest = weights[i], jaw = weights[n + i];
    let px = rest * (a0 * x + a1 * y + a2 * z + b0);
    let py = rest * (a3 * x + a4 * y + a5 * z + b1);
    let pz = rest * (a6 * x + a7 * y + a8 * z + b2);
    if (jaw !== 0) {
      px += jaw * (c0 * x + c1 * y + c2 * z + d0);
      py += jaw * (c3 * x + c4 * y + c5 * z + d1);
      pz += jaw * (c6 * x + c7 * y + c8 * z + d2);
    }
    out[k] = px;
    out[k + 1] = py;
    out[k + 2] = pz;
  }
}

/** Area-weighted vertex normals, as viewer/render/normals.py. */
function vertexNormals(normals, sums, v, faces) {
  sums.fill(0);
  for (let f = 0; f < faces.length; f += 3) {
    const a = 3 * faces[f], b = 3 * faces[f + 1], c = 3 * faces[f + 2];
    const ax = v[a], ay = v[a + 1], az = v[a + 2];
    const ux = v[b] - ax, uy = v[b + 1] - ay, uz = v[b + 2] - az;
    const wx = v[c] - ax, wy = v[c + 1] - ay, wz = v[c + 2] - az;
    const x = uy * wz - uz * wy, y = uz * wx - ux * wz, z = ux * wy - uy * wx;
    sums[a] += x; sums[a + 1] += y; sums[a + 2] += z;
    sums[b] += x; sums[b + 1] += y; sums[b + 2] += z;
    sums[c] += x; sums[c + 1] += y; sums[c + 2] += z;
  }
  for (let k = 0; k < sums.length; k += 3) {
    const x = sums[k], y = sums[k + 1], z = sums[k + 2];
    const scale = 1 / Math.max(Math.sqrt(x * x + y * y + z * z), 1e-38);
    normals[k] = x * scale;
    normals[k + 1] = y * scale;
    normals[k + 2] = z * scale;
  }
}
