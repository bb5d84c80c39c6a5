// The panel for look, camera, layers and the sound's offset.

import { MAX_OFFSET_MS } from "./playback.js";
import { make } from "../style.js";

const LAYERS = { expression: "Expression", jaw: "Jaw", headPose: "Head pose", identity: "Identity" };
const SWITCHES = { headLocked: "Head held still", wireframe: "Wireframe", tint: "Regions", captions: "Words" };
const NO_LAYERS = "This clip is a track of vertices: it has no coefficients to switch off.";
const CAMERAS = { front: "Front", "three-quarter": "¾", profile: "Profile" };

/** @param {import("./actions.js").Actions} actions */
export function makePanel(actions) {
  const look = make("select", { "aria-label": "Look" });
  look.addEventListener("change", () => actions.setLook(look.value));
  const cameras = make("div", { class: "row", role: "group", "aria-label": "Camera" });
  const check = (label, run) => {
    const input = make("input", { type: "checkbox" });
    input.addEventListener("change", () => run(input.checked));
    return { input, element: make("label", {}, input, label) };
  };
  const layers = Object.fromEntries(
    Object.entries(LAYERS).map(([name, label]) => [name, check(label, (on) => actions.setLayers({ [name]: on }))]),
  );
  const switches = Object.fromEntries(
    Object.entries(SWITCHES).map(([name, label]) => [name, check(label, (on) => actions.set(name, on))]),
  );
  const offset = make("input", {
    type: "range", min: -MAX_OFFSET_MS, max: MAX_OFFSET_MS, step: "10", "aria-label": "Sound is heard late by, in milliseconds",
  });
  const offsetShown = make("output");
  offset.addEventListener("input", () => actions.set("soundOffset", Number(offset.value)));
  offset.addEventListener("dblclick", () => actions.set("soundOffset", 0));
  const noLayers = make("p", { class: "reason", hidden: true }, NO_LAYERS);
  const section = (title, ...content) => make("div", {}, make("h3", {}, title), ...content);
  const element = make("div", { class: "panel", role: "dialog", "aria-label": "View", hidden: true },
    section("Look", make("div", { class: "row" }, look)),
    section("Camera", cameras),
    section("Layers of the motion", make("div", { class: "checks" }, ...Object.values(layers).map((layer) => layer.element)), noLayers),
    section("Show", make("div", { class: "checks" }, ...Object.values(switches).map((item) => item.element))),
    section("Sound is heard late by",
      make("div", { class: "offset", title: "For Bluetooth: the picture waits. Double-click: 0" }, offset, offsetShown)));

  return {
    element,
    show(state) {
      element.hidden = !state.panelOpen;
      if (look.childElementCount !== state.looks.length) {
        look.replaceChildren(...state.looks.map((name) => make("option", { value: name }, name)));
      }
      look.value = state.look;
      if (cameras.childElementCount !== state.cameras.length + 1) {
        cameras.replaceChildren(...cameraButtons(state.cameras, actions));
      }
      for (const made of cameras.children) made.setAttribute("aria-pressed", String(made.dataset.camera === state.camera));
      for (const [name, { input }] of Object.entries(layers)) input.checked = state.layers[name];
      for (const [name, { input }] of Object.entries(switches)) input.checked = state[name];
      noLayers.hidden = !state.isTrack;
      for (const { input, element } of [...Object.values(layers), switches.headLocked]) {
        input.disabled = state.isTrack;
        element.title = state.isTrack ? NO_LAYERS : "";
      }
      switches.tint.input.disabled = !state.hasRegions;
      switches.captions.input.disabled = !state.hasWords;
      offset.value = state.soundOffset;
      offset.disabled = !state.hasSound;
      offsetShown.textContent = `${state.soundOffset > 0 ? "+" : ""}${state.soundOffset} ms`;
    },
  };
}

function cameraButtons(names, actions) {
  const made = names.map((name) => make("button", { type: "button", "data-camera": name }, CAMERAS[name] ?? name));
  for (const button of made) button.addEventListener("click", () => actions.setCamera(button.dataset.camera));
  const reset = make("button", { type: "button", title: "Reset the camera (0)" }, "Reset");
  reset.addEventListener("click", () => actions.resetCamera());
  return [...made, reset];
}
