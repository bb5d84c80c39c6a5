// Small matrices, row first, multiplying column vectors.

/** Rotation (9 numbers) of the axis-angle vector at `offset`, in radians: Rodrigues' formula, accurate down to 0. */
export function rotation(axisAngle, offset) {
  const x = axisAngle[offset], y = axisAngle[offset + 1], z = axisAngle[offset + 2];
  const angle = Math.hypot(x, y, z);
  const s = sinc(angle);
  const c = 0.5 * sinc(angle / 2) ** 2; // (1 − cos θ) / θ²
  return [
    1 - c * (y * y + z * z), c * x * y - s * z, c * x * z + s * y,
    c * x * y + s * z, 1 - c * (x * x + z * z), c * y * z - s * x,
    c * x * z - s * y, c * y * z + s * x, 1 - c * (x * x + y * y),
  ];
}

function sinc(x) {
  return x === 0 ? 1 : Math.sin(x) / x;
}

/** Product of two 3 × 3 matrices. */
export function multiply3(A, B) {
  return A.map((_, i) => {
    const r = 3 * Math.floor(i / 3), c = i % 3;
    return A[r] * B[c] + A[r + 1] * B[c + 3] + A[r + 2] * B[c + 6];
  });
}

/** 3 × 3 matrix times a vector, as a plain array. */
export function turn3(A, [x, y, z]) {
  return [A[0] * x + A[1] * y + A[2] * z, A[3] * x + A[4] * y + A[5] * z, A[6] * x + A[7] * y + A[8] * z];
}

/** Product of two 4 × 4 matrices. */
export function multiply4(A, B) {
  return A.map((_, i) => {
    const r = 4 * Math.floor(i / 4), c = i % 4;
    return A[r] * B[c] + A[r + 1] * B[c + 4] + A[r + 2] * B[c + 8] + A[r + 3] * B[c + 12];
  });
}

/** 4 × 4 matrix that undoes a rotation and translation. */
export function inverseRigid({ rotation: R, translation: t }) {
  const back = [R[0], R[3], R[6], R[1], R[4], R[7], R[2], R[5], R[8]];
  const [x, y, z] = turn3(back, t);
  return [back[0], back[1], back[2], -x, back[3], back[4], back[5], -y, back[6], back[7], back[8], -z, 0, 0, 0, 1];
}

export function dot(a, b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

export function unit(v) {
  const length = Math.hypot(...v);
  return v.map((value) => value / length);
}
