// Positions, normals and colours of one head, where the graphics card has them.

export class Mesh {
  #gl;
  #array;
  #position;
  #normal;
  #color;

  /**
   * @param {WebGL2RenderingContext} gl
   * @param {{position: number, normal: number, color_0: number}} attributes  locations in the shaders
   * @param {number} n  vertices
   */
  constructor(gl, attributes, n) {
    this.#gl = gl;
    this.#array = gl.createVertexArray();
    gl.bindVertexArray(this.#array);
    const attribute = (location, bytes, usage, size, kind, normalised) => {
      const buffer = gl.createBuffer();
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      gl.bufferData(gl.ARRAY_BUFFER, bytes, usage);
      gl.enableVertexAttribArray(location);
      gl.vertexAttribPointer(location, size, kind, normalised, 0, 0);
      return buffer;
    };
    this.#position = attribute(attributes.position, 12 * n, gl.DYNAMIC_DRAW, 3, gl.FLOAT, false);
    this.#normal = attribute(attributes.normal, 12 * n, gl.DYNAMIC_DRAW, 3, gl.FLOAT, false);
    this.#color = attribute(attributes.color_0, 4 * n, gl.DYNAMIC_DRAW, 4, gl.UNSIGNED_BYTE, true);
  }

  /** New positions and normals for the following draws. */
  put(vertices, normals) {
    this.#fill(this.#position, vertices);
    this.#fill(this.#normal, normals);
  }

  /** New colours: RGBA bytes a vertex, with openness in A. */
  paint(colors) {
    this.#fill(this.#color, colors);
  }

  /** Have the following draw calls take this head. */
  bind() {
    this.#gl.bindVertexArray(this.#array);
  }

  dispose() {
    const gl = this.#gl;
    gl.deleteVertexArray(this.#array);
    for (const buffer of [this.#position, this.#normal, this.#color]) gl.deleteBuffer(buffer);
  }

  #fill(buffer, data) {
    const gl = this.#gl;
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.bufferSubData(gl.ARRAY_BUFFER, 0, data);
  }
}
