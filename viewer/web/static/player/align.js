// Taking the motion of the head out of a track of vertices, as viewer.compare.faces.laid_over does.

import { turn3 } from "./matrix.js";

const SWEEPS = 50;

/**
 * Vertices turned and shifted so that some of them lie as close to a target as can be (least squares).
 * Horn 1987, "Closed-form solution of absolute orientation using unit quaternions".
 * @param {Float32Array} vertices  interleaved
 * @param {Float32Array} target  of all vertices, interleaved
 * @param {Uint16Array | Uint32Array} skull  numbers of the vertices that count
 * @returns {Float32Array}
 */
export function laidOver(vertices, target, skull) {
  const from = middle(vertices, skull), to = middle(target, skull);
  const R = bestRotation(covariance(vertices, from, target, to, skull));
  const out = new Float32Array(vertices.length);
  const turned = turn3(R, from);
  const shift = to.map((value, i) => value - turned[i]);
  for (let k = 0; k < out.length; k += 3) {
    const x = vertices[k], y = vertices[k + 1], z = vertices[k + 2];
    out[k] = R[0] * x + R[1] * y + R[2] * z + shift[0];
    out[k + 1] = R[3] * x + R[4] * y + R[5] * z + shift[1];
    out[k + 2] = R[6] * x + R[7] * y + R[8] * z + shift[2];
  }
  return out;
}

function middle(points, chosen) {
  const sum = [0, 0, 0];
  for (const v of chosen) for (let c = 0; c < 3; c++) sum[c] += points[3 * v + c];
  return sum.map((value) => value / chosen.length);
}

/** S[3 i + j]: sum over points of the first's coordinate i times the second's coordinate j. */
function covariance(a, fromA, b, fromB, chosen) {
  const S = new Array(9).fill(0);
  for (const v of chosen) {
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 3; j++) S[3 * i + j] += (a[3 * v + i] - fromA[i]) * (b[3 * v + j] - fromB[j]);
    }
  }
  return S;
}

/** Rotation (row first) that turns the first points onto the second, from their covariance. */
function bestRotation([xx, xy, xz, yx, yy, yz, zx, zy, zz]) {
  const N = [
    [xx + yy + zz, yz - zy, zx - xz, xy - yx],
    [yz - zy, xx - yy - zz, xy + yx, zx + xz],
    [zx - xz, xy + yx, yy - xx - zz, yz + zy],
    [xy - yx, zx + xz, yz + zy, zz - xx - yy],
  ];
  const [w, x, y, z] = largestEigenvector(N);
  return [
    w * w + x * x - y * y - z * z, 2 * (x * y - w * z), 2 * (x * z + w * y),
    2 * (x * y + w * z), w * w - x * x + y * y - z * z, 2 * (y * z - w * x),
    2 * (x * z - w * y), 2 * (y * z + w * x), w * w - x * x - y * y + z * z,
  ];
}

/** Unit eigenvector of the largest eigenvalue of a symmetric matrix, by Jacobi's rotations. Overwrites A. */
function largestEigenvector(A) {
  const n = A.length;
  const V = A.map((_, i) => A.map((_, j) => Number(i === j)));
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let off = 0;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) off += A[p][q] ** 2;
    if (off === 0) break;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) turn(A, V, p, q);
  }
  const best = A.reduce((found, row, i) => (row[i] > A[found][found] ? i : found), 0);
  return V.map((row) => row[best]);
}

/** Turn the plane of two axes so that A[p][q] becomes 0. */
function turn(A, V, p, q) {
  if (A[p][q] === 0) return;
  const theta = (A[q][q] - A[p][p]) / (2 * A[p][q]);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const c = 1 / Math.hypot(t, 1), s = t * c;
  for (let k = 0; k < A.length; k++) {
    const a = A[k][p], b = A[k][q];
    A[k][p] = c * a - s * b;
    A[k][q] = s * a + c * b;
  }
  for (let k = 0; k < A.length; k++) {
    const a = A[p][k], b = A[q][k];
    A[p][k] = c * a - s * b;
    A[q][k] = s * a + c * b;
    const v = V[k][p], w = V[k][q];
    V[k][p] = c * v - s * w;
    V[k][q] = s * v + c * w;
  }
}
