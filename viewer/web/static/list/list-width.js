// How wide the clip list is: its right edge can be dragged, and a button gives it most of the page.

import { recall, remember } from "../memory.js";

const MEMORY = "flame-viewer-list-width";
const LEAST_PX = 240;
const STAGE_PX = 420; // what the picture keeps

/** Bind the list in Gradio's columns to a button. */
export function bindWidth(list, button) {
  const columns = list.closest("#fv-columns");
  if (!columns) return;
  const edge = document.createElement("div");
  edge.id = "fv-edge";
  edge.title = "Drag to resize the list; double click for its first width";
  if (!columns.querySelector("#fv-edge")) columns.append(edge);
  setWidth(columns, Number(recall(MEMORY)) || null);
  setWide(columns, button, false);
  button.addEventListener("click", () => setWide(columns, button, !columns.classList.contains("wide-list")));
  edge.addEventListener("dblclick", () => setWidth(columns, null));
  edge.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    edge.setPointerCapture(event.pointerId);
    const left = columns.getBoundingClientRect().left;
    const move = ({ clientX }) => setWidth(columns, Math.min(Math.max(clientX - left, LEAST_PX), columns.clientWidth - STAGE_PX));
    edge.addEventListener("pointermove", move);
    edge.addEventListener("lostpointercapture", () => edge.removeEventListener("pointermove", move), { once: true });
  });
}

function setWidth(columns, px) {
  if (px) columns.style.setProperty("--fv-list", `${Math.round(px)}px`);
  else columns.style.removeProperty("--fv-list");
  remember(MEMORY, px ? Math.round(px) : null);
}

function setWide(columns, button, wide) {
  columns.classList.toggle("wide-list", wide);
  button.setAttribute("aria-pressed", String(wide));
}
