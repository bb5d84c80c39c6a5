// A head on the graphics card: made when it is first drawn, and again after the card forgot it.

export class KeptMesh {
  #mesh = null;
  #stale = { upload: true, paint: true };

  /** Say what is no longer right: "upload", as the vertices moved, or "paint". */
  spoil(part) {
    this.#stale[part] = true;
  }

  /**
   * The mesh, as it is to be drawn now.
   * @param {import("./scene.js").Scene} scene
   * @param {{vertices: Float32Array, normals: Float32Array}} face
   * @param {() => Uint8Array} colors  asked for where they may have changed, as `Mesh.paint` takes them
   */
  of(scene, { vertices, normals }, colors) {
    this.#mesh ??= scene.mesh();
    if (this.#stale.upload) this.#mesh.put(vertices, normals);
    if (this.#stale.paint) this.#mesh.paint(colors());
    this.#stale.upload = this.#stale.paint = false;
    return this.#mesh;
  }

  /** The graphics card has forgotten everything. */
  lose() {
    this.#mesh = null;
    this.#stale.upload = this.#stale.paint = true;
  }

  /** Give the graphics memory back. */
  dispose() {
    this.#mesh?.dispose();
    this.lose();
  }
}
