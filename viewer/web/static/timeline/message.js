// What is said in the place of the picture.

import { make } from "../style.js";

export class Message {
  element = make("div", { class: "message", role: "status" });

  /** @param {string} text  @param {() => void} [retry]  offered where trying again may help */
  say(text, retry) {
    this.element.hidden = false;
    this.element.classList.toggle("error", retry !== undefined);
    this.element.replaceChildren(text);
    if (!retry) return;
    const again = make("button", { type: "button" }, "Try again");
    again.addEventListener("click", retry);
    this.element.append(again);
  }

  clear() {
    this.element.hidden = true;
  }
}
