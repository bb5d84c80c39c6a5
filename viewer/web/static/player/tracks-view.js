// What stands on and under several pictures: whose face each is, and which colour is which error.

import { cssOf, dotOf, noteOf } from "./captions.js";
import { gradientOf, SCALE_TITLE, ticksOf } from "./heat-scale.js";
import { make } from "../style.js";

/** @param {(key: string) => void} retry  fetch a track again that could not be had */
export function makeTracksView(retry) {
  const element = make("div", { class: "cells" });
  const status = make("div", { class: "unseen", role: "status" });
  const scale = make("div", { class: "scale", hidden: true, role: "img" });
  let shown = "";
  let notes = []; // [label, element of its note]

  const tag = (label, mesh) => {
    const note = make("span", { class: "note" });
    notes.push([label, note]);
    const dot = dotOf(label, mesh);
    const again = label.again ? make("button", { type: "button" }, "Try again") : null;
    again?.addEventListener("click", () => retry(label.key));
    const made = make("div", { class: "tag" },
      dot && make("i", { style: `background: ${cssOf(dot)}` }), make("b", { title: label.text }, label.text), note, again);
    made.classList.toggle("refused", label.state === "refused");
    return made;
  };

  return {
    element,
    status,
    scale,
    /**
     * @param {import("./comparison.js").Comparison} comparison
     * @param {import("./stage.js").Stage} stage
     */
    show({ pictures, description, compare }, stage) {
      const cells = pictures ? stage.cells : [];
      const mesh = pictures && stage.setup.looks[stage.appearance.look].mesh;
      const wanted = JSON.stringify([pictures, cells, mesh]);
      if (status.textContent !== (description ?? "")) status.textContent = description ?? "";
      showScale(scale, pictures && compare.mode === "heat" ? compare.top : null, stage);
      if (wanted === shown) return;
      shown = wanted;
      notes = [];
      element.replaceChildren(...cells.map(({ left, top, width, height }, i) => {
        const tags = make("div", { class: "tags" }, ...pictures[i].labels.map((label) => tag(label, mesh)));
        const cell = make("div", { class: "cell" }, tags);
        Object.assign(cell.style, { left: percent(left), top: percent(top), width: percent(width), height: percent(height) });
        return cell;
      }));
    },
    showFrame(frame, stage) {
      for (const [label, note] of notes) {
        const text = noteOf(label, stage, frame);
        if (note.textContent !== text) note.textContent = text;
      }
    },
  };
}

/** @param {number | null} top  mm at which the scale ends; null: no scale is shown */
function showScale(element, top, stage) {
  element.hidden = top === null;
  if (top === null || element.dataset.top === String(top)) return;
  element.dataset.top = top;
  element.setAttribute("aria-label", `${SCALE_TITLE}: colours from 0 to ${top} mm`);
  const bar = make("div", { class: "bar-of-colours", style: `background: ${gradientOf(stage.setup.heat)}` });
  const ticks = ticksOf(top).map(({ share, text }) => make("span", { style: `left: ${percent(share)}` }, text));
  const none = make("span", { class: "none" }, make("i", { style: `background: ${cssOf(stage.setup.heat.no_data)}` }), "no data");
  element.replaceChildren(make("span", {}, SCALE_TITLE), make("div", { class: "measure" }, bar, make("div", { class: "ticks" }, ...ticks)), none);
}

function percent(share) {
  return `${100 * share}%`;
}
