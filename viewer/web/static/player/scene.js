// Draws heads with WebGL 2: the mp4 renderer's shaders and looks, on a canvas. All are of one model.

import { Mesh } from "./mesh.js";
import { compile } from "./program.js";

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
  #makeMesh = null;

  /**
   * Fit the canvas to a box in CSS pixels.
   * @param {{still: boolean, inPieces: boolean}} picture  still: it will stand for a while, so it may take its time;
   *   inPieces: there is much more to draw than heads
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

  /** Make programs and indices for a head; also after the context was lost. Meshes that were made before are void. */
  build({ setup, head }) {
    const gl = this.#gl;
    this.dispose();
    this.#programs = {
      surface: compile(gl, setup.shaders.vertex, setup.shaders.fragment),
      line: compile(gl, LINE_VERTEX, LINE_FRAGMENT),
    };
    const { faces } = head.arrays;
    const edges = edgesOf(faces, head.header.vertices);
    const indices = (data) => {
      const made = gl.createBuffer();
      gl.bindVertexArray(null);
      gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, made);
      gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, data, gl.STATIC_DRAW);
      return made;
    };
    this.#buffers = { faces: indices(faces), edges: indices(edges) };
    const type = faces instanceof Uint16Array ? gl.UNSIGNED_SHORT : gl.UNSIGNED_INT;
    this.#counts = { faces: faces.length, edges: edges.length, type };
    this.#makeMesh = () => new Mesh(gl, setup.attributes, head.header.vertices);
    gl.enable(gl.DEPTH_TEST);
    gl.enable(gl.CULL_FACE);
    gl.depthFunc(gl.LEQUAL);
  }

  /** Room for one head of the model that was built. @returns {Mesh} */
  mesh() {
    return this.#makeMesh();
  }

  /** Begin a picture. background: RGB in 0..1 */
  clear(background) {
    const gl = this.#gl;
    gl.clearColor(...background, 1);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
  }

  /**
   * Draw one head into a part of the canvas.
   * @param {Mesh} mesh
   * @param {object} shot  box: [x, y, width, height] in pixels, from the lower left; view, projection: 4 × 4, row first;
   *   uniforms by name; wireframe: draw the edges of the mesh too; opacity: below 1, what is behind shows through, and
   *   nothing that was drawn before hides it
   */
  draw(mesh, { box, view, projection, uniforms, wireframe, opacity = 1 }) {
    const gl = this.#gl;
    const { surface, line } = this.#programs;
    gl.viewport(...box);
    mesh.bind();
    gl.useProgram(surface.program);
    surface.set({ ...uniforms, V: view, P: projection });
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.#buffers.faces);
    if (wireframe) {
      gl.enable(gl.POLYGON_OFFSET_FILL);
      gl.polygonOffset(1, 1);
    }
    if (opacity === 1) this.#drawFaces();
    else this.#drawTranslucent(opacity);
    if (!wireframe) return;
    gl.disable(gl.POLYGON_OFFSET_FILL);
    gl.useProgram(line.program);
    line.set({ V: view, P: projection, color: [0.06, 0.1, 0.2, 0.4 * opacity] });
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.#buffers.edges);
    gl.drawElements(gl.LINES, this.#counts.edges, this.#counts.type, 0);
    gl.disable(gl.BLEND);
  }

  /** Outer sides, then inner ones: an open mouth shows the inside of the head. */
  #drawFaces() {
    const gl = this.#gl;
    const { surface } = this.#programs;
    for (const [back, culled] of [[0, gl.BACK], [1, gl.FRONT]]) {
      surface.set({ back });
      gl.cullFace(culled);
      gl.drawElements(gl.TRIANGLES, this.#counts.faces, this.#counts.type, 0);
    }
  }

  /** Depths first, so that of the head's own surfaces only the nearest is laid over the picture. */
  #drawTranslucent(opacity) {
    const gl = this.#gl;
    gl.clear(gl.DEPTH_BUFFER_BIT);
    gl.colorMask(false, false, false, false);
    this.#drawFaces();
    gl.colorMask(true, true, true, true);
    gl.enable(gl.BLEND);
    gl.blendColor(0, 0, 0, opacity);
    gl.blendFunc(gl.CONSTANT_ALPHA, gl.ONE_MINUS_CONSTANT_ALPHA);
    this.#drawFaces();
    gl.disable(gl.BLEND);
  }

  /** Let go of programs and indices. */
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
