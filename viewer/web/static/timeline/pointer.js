// Mouse, pen and fingers: seek, select, zoom, pan.

const EDGE_PIXELS = 6;
const MOVED_PIXELS = 5;
const LINE_PIXELS = 16; // of a wheel that counts lines

/**
 * What pointers may do; times in seconds, not yet held within the clip.
 * @typedef {object} Wishes
 * @property {() => import("./layout.js").Layout | null} layout  as it is painted now
 * @property {() => {start: number, end: number} | null} region
 * @property {() => boolean} selects  whether a drag selects without the shift key
 * @property {(time: number, first: boolean) => void} seek  first: of one click or drag
 * @property {(from: number, to: number) => void} select  while a region is dragged, its ends in any order
 * @property {() => void} selected  it is done
 * @property {() => void} clear  forget the region
 * @property {(x: number | null) => void} hover  pixels from the element's left edge
 * @property {(factor: number, time: number) => void} zoom
 * @property {(seconds: number) => void} pan
 * @property {() => void} reset
 * @property {(cursor: string) => void} cursor
 */

/** Follow pointers on `element`. @param {HTMLElement} element  @param {Wishes} wishes */
export function followPointers(element, wishes) {
  const down = new Map(); // pointerId -> last event
  let drag = null; // {mode, anchor, x, moved}: what the one pointer that is down does

  const xOf = (event) => event.clientX - element.getBoundingClientRect().left;
  const timeOf = (event) => wishes.layout().timeAt(xOf(event));

  const edgeAt = (x) => {
    const region = wishes.region();
    if (!region) return null;
    const layout = wishes.layout();
    const near = (time) => Math.abs(layout.xOf(time) - x) <= EDGE_PIXELS;
    return near(region.end) ? region.start : near(region.start) ? region.end : null; // the other end stays
  };

  const begin = (event) => {
    const x = xOf(event);
    const anchor = edgeAt(x);
    if (event.button === 1 || event.altKey) return { mode: "pan", x, moved: false };
    if (anchor !== null) return { mode: "select", anchor, x, moved: false };
    if (event.shiftKey || wishes.selects()) return { mode: "select", anchor: timeOf(event), x, moved: false };
    return { mode: "seek", x, moved: false };
  };

  element.addEventListener("pointerdown", (event) => {
    const layout = wishes.layout();
    if (!layout || event.button > 1 || xOf(event) < layout.x - EDGE_PIXELS) return;
    event.preventDefault(); // no selection of text, no scrolling by the middle button
    element.focus({ preventScroll: true, focusVisible: false });
    element.setPointerCapture(event.pointerId);
    down.set(event.pointerId, event);
    wishes.hover(null);
    drag = down.size === 1 ? begin(event) : null; // two fingers: zoom and pan
    if (drag?.mode === "seek" && event.pointerType !== "touch") wishes.seek(timeOf(event), true); // a finger may want to scroll
  });

  element.addEventListener("pointermove", (event) => {
    if (!wishes.layout()) return;
    const before = down.get(event.pointerId);
    if (!before) return hover(event);
    if (down.size === 2) pinch(event, before);
    down.set(event.pointerId, event);
    if (!drag) return;
    drag.moved ||= Math.abs(xOf(event) - drag.x) >= MOVED_PIXELS;
    if (drag.mode === "pan") wishes.pan(wishes.layout().timeAt(xOf(before)) - timeOf(event));
    else if (drag.mode === "seek" && (drag.moved || event.pointerType !== "touch")) wishes.seek(timeOf(event), false);
    else if (drag.mode === "select" && drag.moved) wishes.select(drag.anchor, timeOf(event));
  });

  const release = (event) => {
    if (!down.delete(event.pointerId)) return;
    const finished = drag;
    drag = null;
    if (!finished || !wishes.layout()) return;
    const cancelled = event.type === "pointercancel";
    if (finished.mode === "select" && finished.moved) wishes.selected();
    else if (finished.mode === "select" && !cancelled && edgeAt(finished.x) === null) wishes.clear();
    else if (finished.mode === "seek" && event.pointerType === "touch" && !cancelled) wishes.seek(timeOf(event), true);
  };
  element.addEventListener("pointerup", release);
  element.addEventListener("pointercancel", release);
  element.addEventListener("pointerleave", () => wishes.hover(null));
  element.addEventListener("dblclick", (event) => {
    if (wishes.layout() && !event.shiftKey) wishes.reset();
  });

  element.addEventListener("wheel", (event) => {
    const layout = wishes.layout();
    if (!layout) return;
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PIXELS : 1;
    const sideways = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
    const upDown = event.shiftKey ? 0 : event.deltaY;
    const pans = Math.abs(sideways) > Math.abs(upDown);
    if (layout.view.whole && (pans || upDown > 0)) return; // nothing to do here: let the page scroll
    event.preventDefault();
    if (pans) wishes.pan((sideways * unit) / layout.pixelsPerSecond);
    // A pinch on a touchpad arrives as small steps with ctrlKey.
    else wishes.zoom(Math.exp(-upDown * unit * (event.ctrlKey ? 0.01 : 0.002)), timeOf(event));
    hover(event);
  }, { passive: false });

  function hover(event) {
    const layout = wishes.layout();
    const x = xOf(event);
    const inside = x >= layout.x && x <= layout.x + layout.plotWidth;
    wishes.cursor(edgeAt(x) !== null ? "ew-resize" : event.shiftKey || wishes.selects() ? "crosshair" : "default");
    wishes.hover(inside && event.pointerType !== "touch" ? x : null);
  }

  function pinch(event, before) {
    const other = [...down].find(([id]) => id !== event.pointerId)[1];
    const [x, was, still] = [xOf(event), xOf(before), xOf(other)];
    wishes.pan(wishes.layout().timeAt(was) - wishes.layout().timeAt(was + (x - was) / 2));
    const [apart, wasApart] = [Math.abs(x - still), Math.abs(was - still)];
    if (apart > 1 && wasApart > 1) wishes.zoom(apart / wasApart, wishes.layout().timeAt((x + still) / 2));
  }
}
