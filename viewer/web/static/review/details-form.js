// The line in which a reviewer says why: a reason, picked or in own words, and a note. All of it by keyboard.
// Fires "done" {reason, note} and "leave".

import { make } from "../style.js";
import { TITLES } from "./marks.js";

const NUMBERED = 9; // options that a digit picks

export class DetailsForm extends EventTarget {
  #kind = make("span", { class: "kind" });
  #reason = make("input", { class: "reason", role: "combobox", "aria-label": "Reason", "aria-expanded": "true", "aria-controls": "reasons", "aria-autocomplete": "list", placeholder: "Why? Pick or write, Enter goes on", maxlength: "100", autocomplete: "off", spellcheck: "false" });
  #note = make("input", { class: "note", "aria-label": "Note", placeholder: "Note", maxlength: "2000", autocomplete: "off" });
  #list = make("div", { class: "reasons", id: "reasons", role: "listbox", "aria-label": "Reasons", hidden: true });
  element = make("form", { hidden: true }, this.#kind, this.#reason, this.#note, make("button", { class: "link" }, "Save"), this.#list);
  #reasons = []; // {name, title, found}
  #shown = []; // those that fit what is typed
  #active = -1; // of those, -1 is what is typed

  constructor() {
    super();
    this.#reason.addEventListener("input", () => this.#fill(this.#reason.value.trim() === "" ? -1 : 0));
    this.#reason.addEventListener("focus", () => this.#fill(-1));
    this.#reason.addEventListener("blur", () => (this.#list.hidden = true));
    this.#reason.addEventListener("keydown", (event) => this.#key(event));
    this.#list.addEventListener("pointerdown", (event) => this.#pick(event)); // before the field loses the focus
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.#leave();
      event.stopPropagation(); // what is typed here is text
    });
  }

  get isOpen() {
    return !this.element.hidden;
  }

  /** verdict: to add to; reasons: to pick from. */
  open({ verdict, reason, note }, reasons) {
    this.#reasons = reasons;
    this.#kind.textContent = TITLES[verdict];
    this.element.className = verdict;
    this.#reason.value = this.#titleOf(reason);
    this.#note.value = note;
    this.element.hidden = false;
    this.#reason.focus();
    this.#reason.select();
  }

  close() {
    this.#list.hidden = true;
    this.element.hidden = true;
  }

  #titleOf(name) {
    return this.#reasons.find((one) => one.name === name)?.title ?? name;
  }

  #fill(active) {
    const typed = this.#reason.value.trim().toLocaleLowerCase();
    const whole = this.#reasons.some(({ title }) => title.toLocaleLowerCase() === typed);
    const fits = ({ name, title }) => whole || `${name} ${title}`.toLocaleLowerCase().includes(typed);
    this.#shown = this.#reasons.filter(fits);
    const own = typed !== "" && !whole && !this.#reasons.some(({ name }) => name === typed);
    if (own) this.#shown.push({ name: this.#reason.value.trim(), title: `“${this.#reason.value.trim()}”`, own: true });
    this.#list.replaceChildren(...this.#shown.map((one, index) => make("div", { class: "option", role: "option", id: `reason-${index}`, "data-index": index },
      make("span", { class: "number" }, typed === "" && index < NUMBERED ? String(index + 1) : ""),
      make("span", { class: "of" }, one.title),
      one.found ? make("small", {}, "found by the checks") : one.own ? make("small", {}, "own words") : null)));
    this.#list.hidden = this.#shown.length === 0;
    this.#activate(whole ? -1 : active);
  }

  #activate(index) {
    this.#active = this.#shown.length === 0 ? -1 : Math.min(index, this.#shown.length - 1);
    [...this.#list.children].forEach((option, place) => option.setAttribute("aria-selected", String(place === this.#active)));
    if (this.#active >= 0) {
      this.#list.children[this.#active].scrollIntoView({ block: "nearest" });
      this.#reason.setAttribute("aria-activedescendant", `reason-${this.#active}`);
    } else this.#reason.removeAttribute("aria-activedescendant");
  }

  #key(event) {
    const digit = /^[1-9]$/.test(event.key) && this.#reason.value === "" ? Number(event.key) : 0;
    if (event.key === "ArrowDown") this.#activate(this.#active + 1);
    else if (event.key === "ArrowUp") this.#activate(Math.max(this.#active - 1, -1));
    else if (event.key === "Tab" && !event.shiftKey) {
      this.#take(this.#active);
      return; // on to the note
    } else if (event.key === "Enter") {
      this.#take(this.#active);
      this.#send();
    } else if (digit > 0 && digit <= this.#shown.length) {
      this.#take(digit - 1);
      this.#send();
    } else return;
    event.preventDefault();
  }

  #pick(event) {
    const option = event.target.closest("[data-index]");
    if (!option) return;
    event.preventDefault();
    this.#take(Number(option.dataset.index));
    this.#list.hidden = true;
  }

  #take(index) {
    const one = this.#shown[index];
    if (one) this.#reason.value = one.own ? one.name : one.title;
  }

  #send() {
    const typed = this.#reason.value.trim();
    const known = this.#reasons.find(({ name, title }) => name === typed.toLowerCase() || title.toLocaleLowerCase() === typed.toLocaleLowerCase());
    this.close();
    this.dispatchEvent(new CustomEvent("done", { detail: { reason: known?.name ?? typed, note: this.#note.value.trim() } }));
  }

  #leave() {
    this.close();
    this.dispatchEvent(new Event("leave"));
  }
}
