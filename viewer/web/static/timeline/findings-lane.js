// The marks of findings under the pointer: what they say, and that a click picks them.

import { severityTitle } from "../quality/severity.js";
import { clockTime, make } from "../style.js";
import { LANE } from "./data.js";
import { markAt } from "./findings-data.js";

const GAP = 4; // pixels between the lane and what a mark says

export class FindingsLane {
  /** What is said of one; read out too, for those who step from one to the next. */
  element = make("div", { class: "tip", role: "status", hidden: true });
  #body;
  #scene;

  /**
   * @param {HTMLElement} body  what is painted on
   * @param {{scene: () => import("./paint.js").Scene | null, pick: (finding: import("./findings-data.js").Finding) => void}} wishes
   */
  constructor(body, { scene, pick }) {
    this.#body = body;
    this.#scene = scene;
    // Before a click there means to seek.
    body.addEventListener("pointerdown", (event) => {
      const mark = event.button === 0 && !event.shiftKey && !event.altKey ? this.#markAt(event) : null;
      if (!mark) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      body.focus({ preventScroll: true, focusVisible: false });
      pick(mark.finding);
    }, { capture: true });
    body.addEventListener("dblclick", (event) => this.#markAt(event) && event.stopImmediatePropagation(), { capture: true });
    body.addEventListener("pointermove", (event) => this.#tell(this.#markAt(event)));
    body.addEventListener("pointerleave", () => this.#tell(null));
  }

  /** Say what a finding is, until the pointer moves; null: nothing. @param {import("./findings-data.js").Finding | null} finding */
  say(finding) {
    this.#tell(this.#scene()?.marks.find((mark) => mark.finding === finding) ?? null);
    this.#body.classList.remove("over-mark");
  }

  #markAt({ clientX, clientY }) {
    const scene = this.#scene();
    if (!scene) return null;
    const { left, top } = this.#body.getBoundingClientRect();
    return markAt(scene.marks, this.#row(scene), clientX - left, clientY - top);
  }

  #row({ layout }) {
    return layout.rows.find(({ key }) => key === LANE);
  }

  #tell(mark) {
    this.#body.classList.toggle("over-mark", mark !== null);
    this.element.hidden = mark === null;
    if (mark === null) return;
    const { layout } = this.#scene();
    const row = this.#row({ layout });
    const { finding, x } = mark;
    this.element.replaceChildren(
      make("b", {}, severityTitle(finding.severity)), ` · ${clockTime(finding.start)}`, make("div", {}, finding.message));
    const room = layout.width - this.element.offsetWidth - GAP;
    this.element.style.left = `${Math.max(Math.min(x - this.element.offsetWidth / 2, room), GAP)}px`;
    this.element.style.top = `${row ? row.y + row.height + GAP : layout.ruler}px`;
  }
}
