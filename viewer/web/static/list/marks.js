// Small marks of a clip: what it has, and what was noticed about it. Each says in words what it stands for.

import { severityMark, severityTitle } from "../quality/severity.js";
import { make } from "../style.js";
import { checkTitle } from "./checks.js";

/** Names of modalities as the catalogue has them, in the order in which they are shown. */
const MODALITIES = {
  motion: ["Motion", "M12 3a8 8 0 0 0-8 8v2a8 8 0 0 0 16 0v-2a8 8 0 0 0-8-8zM8.6 9.6a1.3 1.3 0 1 1 0 2.6 1.3 1.3 0 0 1 0-2.6zM15.4 9.6a1.3 1.3 0 1 1 0 2.6 1.3 1.3 0 0 1 0-2.6zM8 14.5h8a4 4 0 0 1-8 0z"],
  audio: ["Sound", "M5 9.5h2v5H5zM9 6.5h2v11H9zM13 8.5h2v7h-2zM17 10.5h2v3h-2z"],
  transcript: ["Transcript", "M5 6h14v2.4h-5.8V19h-2.4V8.4H5z"],
  tokens: ["Audio tokens", "M5 5h6v6H5zM13 5h6v6h-6zM5 13h6v6H5zM13 13h6v6h-6z"],
};

const TAIL = 8;
const SHAPE = "http://www.w3.org/2000/svg";

function drawing(path) {
  const svg = document.createElementNS(SHAPE, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS(SHAPE, "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

/** "audio" -> "Sound", "no-audio" -> "No sound" */
export function modalityTitle(name) {
  const title = MODALITIES[name.replace(/^no-/, "")]?.[0] ?? name;
  return name.startsWith("no-") ? `No ${title.toLowerCase()}` : title;
}

/** One mark a modality; those that are missing are faint. */
export function modalityMarks(there) {
  const marks = make("span", { class: "marks" });
  const names = [];
  for (const [name, [title, path]] of Object.entries(MODALITIES)) {
    const has = there.includes(name);
    if (!has && name === "tokens") continue; // few data sets have any
    const mark = make("span", { class: has ? "mark" : "mark none", title: has ? title : `No ${title.toLowerCase()}` });
    mark.append(drawing(path));
    marks.append(mark);
    if (has) names.push(title.toLowerCase());
  }
  marks.setAttribute("role", "img");
  marks.setAttribute("aria-label", names.length > 0 ? `has ${names.join(", ")}` : "has nothing");
  return marks;
}

/** A mark with the number of flags, which its tooltip tells; nothing where there are none. */
export function flagMark(flags) {
  if (flags.length === 0) return null;
  const told = flags.map(({ message }) => message);
  const label = `${flags.length} ${flags.length === 1 ? "flag" : "flags"}`;
  return make("span", { class: "flag", role: "img", title: told.join("\n"), "aria-label": `${label}: ${told.join(" ")}` }, String(flags.length));
}

/** The worst that checks found, with the word; the tooltip tells what it was. */
export function worstMark(severity, issues) {
  const told = issueTitles(issues).join("\n");
  return make("span", { class: "worst", title: told || severityTitle(severity) }, severityMark(severity), severity);
}

/** The same as a mark alone; nothing where all is well or nothing was checked. */
export function issueMark(severity, issues) {
  if (!severity || severity === "ok") return null;
  const told = issueTitles(issues);
  return make("span", { class: "worst", title: told.join("\n") }, severityMark(severity, `${severityTitle(severity)}: ${told.join(", ")}`));
}

/** "Jaw angle, Pop": what is not in order. */
export function issueNames(issues) {
  return make("span", { title: issueTitles(issues).join("\n") }, issues.map((issue) => checkTitle(issue.split(":")[0])).join(", "));
}

/** ["jaw:warn"] -> ["Jaw angle: warning"] */
function issueTitles(issues) {
  return issues.map((issue) => {
    const [check, severity] = issue.split(":");
    return `${checkTitle(check)}: ${severityTitle(severity).toLowerCase()}`;
  });
}

/** A stem whose end stays in sight where room is short: it tells the clips of a session apart. */
export function stemText(stem) {
  const cut = Math.max(stem.lastIndexOf("_"), stem.length - TAIL);
  return [make("span", { class: "head-of" }, stem.slice(0, cut)), make("span", { class: "tail-of" }, stem.slice(cut))];
}

export function flagTitle(code) {
  return code.replaceAll("-", " ");
}
