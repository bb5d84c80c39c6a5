// What the filter "Range" opens: from and to, of any column of numbers.

import { store } from "../store.js";
import { make } from "../style.js";
import { fullTitle, title } from "./columns.js";
import { order } from "./clip-order.js";

let last = null; // name of the column that was chosen last

/** "check_jaw:5:" -> "Jaw angle ≥ 5" */
export function rangeText(range) {
  const name = range.split(":")[0];
  const { low, high } = store.query.range(name);
  const column = order.columns.find((one) => one.name === name);
  const label = column ? title(column) : name;
  return low === null ? `${label} ≤ ${high}` : high === null ? `${label} ≥ ${low}` : `${label} ${low}–${high}`;
}

/** The form, with a line for each range that is set. */
export function rangeForm() {
  const columns = order.columns.filter(({ kind, name }) => kind === "number" && name !== "playable");
  if (!columns.some(({ name }) => name === last)) last = columns.find(({ name }) => name === store.query.column)?.name ?? columns.at(-1)?.name;
  const choice = make("select", { "aria-label": "Column" }, ...columns.map((column) => make("option", { value: column.name, selected: column.name === last }, fullTitle(column))));
  const low = field("From");
  const high = field("to");
  const lines = make("div", { class: "values" });
  const show = () => {
    last = choice.value;
    const range = store.query.range(last);
    low.value = range.low ?? "";
    high.value = range.high ?? "";
    lines.replaceChildren(...store.query.between.map((range) => line(range, show)));
  };
  const set = () => {
    const [from, to] = [low, high].map(({ value }) => (value === "" ? null : Number(value)));
    store.setQuery(store.query.withRange(choice.value, from, to));
    show();
  };
  choice.addEventListener("change", show);
  for (const one of [low, high]) one.addEventListener("change", set);
  show();
  return make("div", { class: "range" }, choice, make("div", { class: "length" }, make("label", {}, "From", low), make("label", {}, "to", high)), lines);
}

/** A range that is set, with a button that drops it. */
function line(range, dropped) {
  const drop = make("button", { type: "button", class: "quiet drop", "aria-label": `Drop ${rangeText(range)}` }, "✕");
  drop.addEventListener("click", () => {
    store.setQuery(store.query.withRange(range.split(":")[0], null, null));
    dropped();
  });
  return make("div", { class: "value" }, make("span", { class: "name" }, rangeText(range)), drop);
}

function field(label) {
  return make("input", { type: "number", step: "any", "aria-label": label, placeholder: "any" });
}
