// Draws one head with WebGL 2: the mp4 renderer's shaders and looks, on a canvas.

const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;
const SOFTWARE_PIXELS = 640 * 640; // what a processor draws in time
const SOFTWARE_STILL = 2; // canvas pixels per CSS pixel where there is time: the browser averages them down
const STILL_PIXELS = 2048 * 2048;
const PIECES_PIXELS = 160 * 160; // where thousands of triangles lie over the whole picture, each of them drawn
const MAX_PIXEL_RATIO = 2;

const LINE_VERTEX = `#version 300 es
layout(location = 0) in vec3 position;
uniform mat4 V, P;
void main() { gl_Position = P * (V * vec4(position, 1.0)); }`;
const LINE_FRAGMENT = `#version 300 es
precision mediump float;
uniform vec4 color;
out vec4 pixel;
void main() { pixel = color; }`;

/** Thrown where the browser offers no WebGL 2. */
export class NoWebGL extends Error {}

/** Name of what draws, as the browser tells it. */
function rendererName(gl) {
  const extension = gl.getExtension("WEBGL_debug_renderer_info");
  return String(gl.getParameter(extension ? extension.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
}

/** Asked once, on a canvas of its own: antialiasing has to be chosen before the context says what draws it. */
let probed = null;
function probe() {
  if (probed) return probed;
  const gl = document.createElement("canvas").getContext("webgl2");
  if (!gl) throw new NoWebGL("WebGL 2 is not available");
  const name = rendererName(gl);
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  probed = { name, software: SOFTWARE.test(name) };
  return probed;
}

export class Scene {
  /** @param {HTMLCanvasElement} canvas  @throws {NoWebGL} */
  constructor(canvas) {
    const { name, software } = probe();
    this.canvas = canvas;
    /** Name of the graphics driver. */
    this.renderer = name;
    /** Whether a processor draws: then without antialiasing and in fewer pixels. */
    this.software = software;
    this.#gl = canvas.getContext("webgl2", { antialias: !software, alpha: false, powerPreference: "high-performance" });
    if (!this.#gl) throw new NoWebGL("WebGL 2 is not available");
    this.#loss = this.#gl.getExtension("WEBGL_lose_context"); // a lost context cannot be asked for it
  }

  #gl;
  #loss;
  #programs = null;
  #buffers = null;
  #counts = { faces: 0, edges: 0, type: 0 };

  /**
   * Fit the canvas to a box in CSS pixels.
   * @param {{still: boolean, inPieces: boolean}} picture  still: it will stand for a while, so it may take its time;
   *   inPieces: there is much more to draw than a head
   */
  resize(width, height, { still, inPieces }) {
    let scale = Math.min(devicePixelRatio, MAX_PIXEL_RATIO);
    if (this.software) {
      const [most, pixels] = inPieces ? [1, PIECES_PIXELS] : still ? [SOFTWARE_STILL, STILL_PIXELS] : [1, SOFTWARE_PIXELS];
      scale = Math.min(most, Math.sqrt(pixels / (width * height)));
    }
    const [w, h] = [Math.max(Math.round(width * scale), 1), Math.max(Math.round(height * scale), 1)];
    if (this.canvas.width === w && this.canvas.height === h) return;
    this.canvas.width = w;
    this.canvas.height = h;
  }

  get lost() {
    return this.#gl.isContextLost();
  }

  /** Make programs and buffers for a head; also after the context was lost. */
  build({ setup, head }) {
    const gl = this.#gl;
    this.dispose();
    const { attributes, shaders } = setup;
    this.#programs = {
      surface: compile(gl, shaders.vertex, shaders.fragment),
      line: compile(gl, LINE_VERTEX, LINE_FRAGMENT),
    };
    const { faces } = head.arrays;
    const edges = edgesOf(faces, head.header.vertices);
    const buffer = (target, data, usage) => {
      const made = gl.createBuffer();
      gl.bindBuffer(target, made);
      gl.bufferData(target, data, usage);
      return made;
    };
    const n = head.header.vertices;
    this.#buffers = {
      position: buffer(gl.ARRAY_BUFFER, 12 * n, gl.DYNAMIC_DRAW),
      normal: buffer(gl.ARRAY_BUFFER, 12 * n, gl.DYNAMIC_DRAW),
      color: buffer(gl.ARRAY_BUFFER, 4 * n, gl.STATIC_DRAW),
      faces: buffer(gl.ELEMENT_ARRAY_BUFFER, faces, gl.STATIC_DRAW),
      edges: buffer(gl.ELEMENT_ARRAY_BUFFER, edges, gl.STATIC_DRAW),
    };
    const type = faces instanceof Uint16Array ? gl.UNSIGNED_SHORT : gl.UNSIGNED_INT;
    this.#counts = { faces: faces.length, edges: edges.length, type };
    const attribute = (location, source, size, kind, normalised) => {
      gl.bindBuffer(gl.ARRAY_BUFFER, source);
      gl.enableVertexAttribArray(location);
      gl.vertexAttribPointer(location, size, kind, normalised, 0, 0);
    };
    attribute(attributes.position, this.#buffers.position, 3, gl.FLOAT, false);
    attribute(attributes.normal, this.#buffers.normal, 3, gl.FLOAT, false);
    attribute(attributes.color_0, this.#buffers.color, 4, gl.UNSIGNED_BYTE, true);
    gl.enable(gl.DEPTH_TEST);
    gl.enable(gl.CULL_FACE);
    gl.depthFunc(gl.LEQUAL);
  }

  /** New positions and normals for the following draws. */
  put(vertices, normals) {
    const gl = this.#gl;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#buffers.position);
    gl.bufferSubData(gl.ARRAY_BUFFER, 0, vertices);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#buffers.normal);
    gl.bufferSubData(gl.ARRAY_BUFFER, 0, normals);
  }

  /** New colours: RGBA bytes a vertex, with openness in A. */
  paint(colors) {
    const gl = this.#gl;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#buffers.color);
    gl.bufferSubData(gl.ARRAY_BUFFER, 0, colors);
  }

  /** Draw. view, projection: 4 × 4, row first; uniforms by name; wireframe: draw the edges of the mesh too. */
  draw({ view, projection, uniforms, wireframe }) {
    const gl = this.#gl;
    const { surface, line } = this.#programs;
    const { background, ...lights } = uniforms;
    gl.viewport(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight);
    gl.clearColor(...background, 1);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.useProgram(surface.program);
    surface.set({ ...lights, V: view, P: projection, back: 0 });
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.#buffers.faces);
    const faces = () => gl.drawElements(gl.TRIANGLES, this.#counts.faces, this.#counts.type, 0);
    if (wireframe) {
      gl.enable(gl.POLYGON_OFFSET_FILL);
      gl.polygonOffset(1, 1);
    }
    gl.cullFace(gl.BACK);
    faces();
    surface.set({ back: 1 });
    gl.cullFace(gl.FRONT);
    faces();
    if (!wireframe) return;
    gl.disable(gl.POLYGON_OFFSET_FILL);
    gl.useProgram(line.program);
    line.set({ V: view, P: projection, color: [0.06, 0.1, 0.2, 0.4] });
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.#buffers.edges);
    gl.drawElements(gl.LINES, this.#counts.edges, this.#counts.type, 0);
    gl.disable(gl.BLEND);
  }

  /** Let go of programs and buffers. */
  dispose() {
    const gl = this.#gl;
    for (const { program } of Object.values(this.#programs ?? {})) gl.deleteProgram(program);
    for (const buffer of Object.values(this.#buffers ?? {})) gl.deleteBuffer(buffer);
    this.#programs = this.#buffers = null;
  }

  /** Give the context back to the browser, which has only a few. */
  release() {
    this.dispose();
    this.#loss?.loseContext();
  }

  /** Have it again; the canvas fires "webglcontextrestored" once it is there. */
  recover() {
    this.#loss?.restoreContext();
  }
}

/** A program with `set(values by name)`; matrices come row first, names that the shader does not use are ignored. */
function compile(gl, vertex, fragment) {
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    gl.deleteShader(shader);
    if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS) && !gl.isContextLost()) throw new Error(gl.getShaderInfoLog(shader));
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) throw new Error(gl.getProgramInfoLog(program));
  const locations = new Map();
  const setters = { 1: "uniform1fv", 3: "uniform3fv", 4: "uniform4fv" };
  const set = (values) => {
    for (const [name, value] of Object.entries(values)) {
      if (!locations.has(name)) locations.set(name, gl.getUniformLocation(program, name));
      const numbers = [value].flat();
      if (numbers.length === 16) gl.uniformMatrix4fv(locations.get(name), true, numbers);
      else gl[setters[numbers.length]](locations.get(name), numbers);
    }
  };
  return { program, set };
}

/** The edges of triangles, each once, as pairs of vertices. */
function edgesOf(faces, n) {
  const seen = new Set();
  for (let f = 0; f < faces.length; f += 3) {
    for (let k = 0; k < 3; k++) {
      const a = faces[f + k], b = faces[f + ((k + 1) % 3)];
      seen.add(Math.min(a, b) * n + Math.max(a, b));
    }
  }
  const edges = new faces.constructor(2 * seen.size);
  let i = 0;
  for (const key of seen) {
    edges[i++] = Math.floor(key / n);
    edges[i++] = key % n;
  }
  return edges;
}
