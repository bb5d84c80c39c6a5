// Moving the camera by mouse, pen and fingers. A press that does not move is a click.

const DEGREES_PER_PIXEL = 0.4;
const CLICK_PIXELS = 4;

/**
 * @param {HTMLElement} surface
 * @param {{move: (change: {azimuth?: number, elevation?: number, x?: number, y?: number, zoom?: number}) => void,
 *   click: () => void, reset: () => void}} actions  azimuth, elevation in degrees; x, y in pixels; zoom a factor
 */
export function followPointers(surface, { move, click, reset }) {
  const pointers = new Map();
  let travelled = 0;

  surface.addEventListener("pointerdown", (event) => {
    if (pointers.size === 0) travelled = 0;
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    surface.setPointerCapture(event.pointerId);
  });
  surface.addEventListener("pointermove", (event) => {
    const from = pointers.get(event.pointerId);
    if (!from) return;
    const to = { x: event.clientX, y: event.clientY };
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    travelled += Math.abs(dx) + Math.abs(dy);
    if (pointers.size === 2) {
      const other = [...pointers].find(([id]) => id !== event.pointerId)[1];
      move({ zoom: gap(to, other) / Math.max(gap(from, other), 1), x: dx / 2, y: dy / 2 });
    } else if (travelled > CLICK_PIXELS) {
      if (event.shiftKey || event.buttons & 6) move({ x: dx, y: dy });
      else move({ azimuth: -dx * DEGREES_PER_PIXEL, elevation: dy * DEGREES_PER_PIXEL });
    }
    pointers.set(event.pointerId, to);
  });
  surface.addEventListener("pointerup", (event) => {
    const wasLast = pointers.delete(event.pointerId) && pointers.size === 0;
    if (wasLast && travelled <= CLICK_PIXELS && event.button === 0) click();
  });
  surface.addEventListener("pointercancel", (event) => pointers.delete(event.pointerId));
  surface.addEventListener("contextmenu", (event) => event.preventDefault()); // the right button pans
  surface.addEventListener("dblclick", reset);
  surface.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
      move({ zoom: Math.exp(-event.deltaY * lines * 0.0015) });
    },
    { passive: false },
  );
}

function gap(a, b) {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
