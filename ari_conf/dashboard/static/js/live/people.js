// @ts-check
/** Who is in a room, in a list of short lines. Of a thousand lines, only those are touched of which something changes. */

import { h, keyed, replace, text } from "../dom.js";
import { clock, phone } from "../format.js";
import { icon } from "../icons.js";
import { addressOf, nameOf } from "../rooms.js";
import { states } from "../states.js";

/** @typedef {import("../rooms.js").Participant} Participant */
/** @typedef {import("../rooms.js").Room} Room */
/** @typedef {{light: HTMLElement, name: HTMLElement, other: HTMLElement, marks: HTMLElement, since: HTMLElement, shown: string}} Parts */

/** @type {WeakMap<Element, Parts>} */
const parts = new WeakMap();

function create() {
  const light = h("span", { class: "light" });
  const name = h("bdi", { class: "name" });
  const other = h("bdi", { class: "other" });
  const marks = h("span", { class: "marks" });
  const since = h("span", { class: "since" });
  const line = h("li", { class: "person" }, light, h("span", { class: "who" }, name, other), marks, since);
  parts.set(line, { light, name, other, marks, since, shown: "" });
  return line;
}

/** @param {Element} line @param {Participant} person @param {Room} room */
function update(line, person, room) {
  const part = /** @type {Parts} */ (parts.get(line));
  if (line.classList.contains("talking") !== person.talking) {
    line.classList.toggle("talking", person.talking);
    replace(part.light, person.talking && h("span", { class: "visually-hidden" }, "talking"));
  }
  text(part.name, nameOf(person));
  text(part.other, person.label === null ? "" : phone(addressOf(person)));
  text(part.since, person.joined_at === null ? "" : clock(person.joined_at));
  const said = states(person, room);
  const shown = said.map((state) => state.text).join();
  if (shown === part.shown) return;
  part.shown = shown;
  line.classList.toggle("absent", person.joined_at === null);
  replace(part.marks, ...said.map(mark));
}

/** @param {import("../states.js").State} state */
function mark({ icon: drawing, text: words, kind }) {
  const short = drawing === "coach" ? words.replace("coaches ", "") : "";
  const hidden = short ? "coaches " : words;
  return h("span", { class: ["mark", kind], title: words }, icon(drawing), h("span", { class: "visually-hidden" }, hidden), short && h("bdi", {}, short));
}

/**
 * Bring the whole list into line.
 * @param {HTMLElement} list
 * @param {Room} room
 * @param {(person: Participant) => boolean} wanted
 */
export function showPeople(list, room, wanted) {
  const people = [...room.people.values()].filter(wanted);
  return keyed(list, people, (person) => person.call_sid, create, (line, person) => update(line, person, room));
}

/**
 * Bring the lines of a few into line.
 * @param {Map<unknown, Element>} lines as `showPeople` has returned them
 * @param {Room} room
 * @param {Iterable<string>} callSids
 * @returns {boolean} false if somebody has come or gone, for which `showPeople` is needed
 */
export function touchPeople(lines, room, callSids) {
  for (const callSid of callSids) {
    const [line, person] = [lines.get(callSid), room.people.get(callSid)];
    if (!line !== !person) return false;
    if (line && person) update(line, person, room);
  }
  return true;
}
