// What lies over the picture while there is none to see: progress, errors, and the button that some browsers demand.

import { button } from "./transport.js";
import { make } from "../style.js";

const SLOW_MS = 250; // a clip that comes faster needs no sign that it is coming

/** @param {{retry(): void, play(): void, next(): void, slow(): void}} run  slow: the clip takes long enough to say so */
export function makeCover({ retry, play, next, slow }) {
  const element = make("div", { class: "cover", hidden: true });
  const busy = make("div", { class: "busy", hidden: true, role: "progressbar", "aria-label": "Loading" }, make("div"));
  let timer = 0;
  let late = false;
  let told = null; // what the card says of a problem: while it is the same, its buttons stay where a click is aimed at

  const card = (...content) => {
    told = null;
    element.className = "cover card";
    element.replaceChildren(make("div", {}, ...content));
    element.hidden = false;
  };

  /** share: 0..1, or null while the connection is lost. */
  const loading = (share) => {
    if (share !== null && !late) {
      timer ||= setTimeout(() => {
        late = true;
        slow();
      }, SLOW_MS);
      return;
    }
    busy.hidden = false;
    busy.classList.toggle("unknown", !share);
    busy.style.setProperty("--share", share ?? 0);
    if (share === null) card(make("p", {}, "Connection lost; trying again…"));
    else element.hidden = true;
  };

  const settle = () => {
    clearTimeout(timer);
    timer = 0;
    late = false;
    busy.hidden = true;
  };

  const problemCard = ({ message, kind }, { stem, hasNext, follows }) => {
    const says = JSON.stringify([message, kind, stem, hasNext, follows]);
    if (says === told) return;
    const noWebGL = kind === "webgl"; // no clip is to blame, and trying again would not help
    const choice = (text, run, look) => {
      const made = make("button", { type: "button", class: look }, text);
      made.addEventListener("click", run);
      return made;
    };
    card(
      make("h3", {}, noWebGL || stem === null ? "There is no picture" : "This clip cannot be shown"),
      make("p", { role: "alert" }, message),
      follows ? make("p", { class: "muted" }, "The next clip follows in a moment.") : null,
      make("div", { class: "choices" },
        noWebGL ? null : choice("Try again", retry, "solid"),
        kind === "refused" && stem !== null && hasNext ? choice("Next clip", next, "plain") : null));
    told = says;
  };

  return {
    element,
    busy,
    /** Whether what is beneath is the clip before, as the one that was asked for takes long. */
    get late() {
      return late;
    },
    /**
     * progress: share of the clip that has arrived, or null while the connection is lost; follows: the next clip comes by
     * itself; lost: the browser has taken WebGL away for now; blocked: it demands a click before it plays sound.
     */
    show({ state, progress, problem, lost, blocked, ...clip }) {
      if (state === "loading") {
        told = null;
        loading(progress);
        return;
      }
      settle();
      if (problem) problemCard(problem, clip);
      else if (lost && state === "ready") {
        card(make("p", { role: "status" }, "The browser has taken the graphics away. The picture comes back by itself."));
      } else if (blocked) {
        told = null;
        element.className = "cover";
        element.replaceChildren(button("play", "Play: the browser waits for a click before it plays sound", "", play, "big"));
        element.hidden = false;
      } else {
        told = null;
        element.hidden = true;
        element.replaceChildren();
      }
    },
  };
}
