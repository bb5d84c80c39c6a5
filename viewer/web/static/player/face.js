// A clip on the head: the face of one track, in the frame that is shown.

import { ALL_LAYERS, FlameHead } from "./flame.js";
import { KeptMesh } from "./kept-mesh.js";

const HEAD_AT_REST = Object.freeze({ ...ALL_LAYERS, headPose: false });
const NEUTRAL = Object.freeze({ expression: false, jaw: false, headPose: false, identity: true });

export class Face {
  #flame;
  #clip = null;
  #mesh = new KeptMesh();
  #atRest = null;
  /** What has to be computed anew. */
  #stale = { pose: true, atRest: true };

  /** @param {{header: object, arrays: object}} head  as unpacked from the head's file */
  constructor(head) {
    this.#flame = new FlameHead(head);
  }

  /** Play this clip on somebody's face: its own, unless that of another clip is given. null: the head at rest. */
  setClip(clip, person = clip) {
    this.#clip = clip;
    this.#flame.setClip(clip, person);
    this.spoil("pose");
  }

  get clip() {
    return this.#clip;
  }

  /** Say what is no longer right: "pose", as it is another frame, or "paint". */
  spoil(part) {
    if (part === "paint") this.#mesh.spoil("paint");
    else this.#stale.pose = this.#stale.atRest = true;
  }

  /** Compute the vertices of a frame, unless that was done before. @param {import("./flame.js").Layers} layers */
  pose(frame, layers) {
    if (!this.#stale.pose) return;
    this.#flame.pose(frame, layers);
    this.#stale.pose = false;
    this.#mesh.spoil("upload");
  }

  /** Metres, interleaved, of the frame last posed. */
  get vertices() {
    return this.#flame.vertices;
  }

  get normals() {
    return this.#flame.normals;
  }

  /** Rotation and translation of the root joint in the frame last posed. */
  get root() {
    return this.#flame.root;
  }

  /** Vertices of a frame with all layers but the pose of the head. @returns {Float32Array} */
  atRest(frame) {
    this.#atRest ??= new Float32Array(this.vertices.length);
    if (this.#stale.atRest) this.#flame.place(this.#atRest, frame, HEAD_AT_REST);
    this.#stale.atRest = false;
    return this.#atRest;
  }

  /** Vertices of the person's neutral face, as in the first frame. @returns {Float32Array} */
  neutral() {
    const vertices = new Float32Array(this.vertices.length);
    this.#flame.place(vertices, 0, NEUTRAL);
    return vertices;
  }

  /** What a frame is in the data if not good, such as "NaN"; null where it is. */
  badness(frame) {
    const { bad_frames: spans = [], bad_values: values } = this.#clip?.header ?? {};
    return spans.some(([first, last]) => first <= frame && frame <= last) ? values : null;
  }

  /** Where the graphics card has it, as it was last posed. colors: as `Mesh.paint` takes them */
  mesh(scene, colors) {
    return this.#mesh.of(scene, this, colors);
  }

  /** The graphics card has forgotten everything. */
  lose() {
    this.#mesh.lose();
  }

  /** Give the graphics memory back. */
  dispose() {
    this.#mesh.dispose();
  }
}
