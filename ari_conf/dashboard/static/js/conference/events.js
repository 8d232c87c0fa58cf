// @ts-check
/** All that happened in a conference, the latest first, each event with the callback it has caused. */

import { callbackDetails, outcomeChip } from "../callback/view.js";
import { h, keyed, replace, text } from "../dom.js";
import { counted, time, timeOfDay } from "../format.js";
import { nameOf } from "../rooms.js";
import { FILTERS, WHO, eventWords } from "./event_words.js";

/** @typedef {import("./event_words.js").ConferenceEvent} ConferenceEvent */
/** @typedef {import("../callback/words.js").Callback} Callback */
/** @typedef {import("../timeline/rows.js").Timeline} Timeline */
/** @typedef {import("../router.js").Context} Context */

/** How many events are shown at first, and with each press of the button more. */
const AT_ONCE = 50;

/** @param {Context} context @param {() => void} changed is called when a callback was sent again */
export function eventsList(context, changed) {
  const list = h("ol", { class: "events" });
  const count = h("span", { class: "soft", role: "status" });
  const more = h("button", { type: "button", class: "button", onclick: () => showMore() }, "Show more");
  const foot = h("div", { class: "list-foot" });
  const filter = h("select", { onchange: () => choose() }, Object.entries(FILTERS).map(([value, { words }]) => h("option", { value }, words)));
  const element = h(
    "div",
    {},
    h("div", { class: "list-head" }, h("label", { class: "field-inline" }, h("span", {}, "Show"), filter), count),
    list,
    foot,
  );
  /** @type {Timeline | null} */
  let timeline = null;
  let shown = AT_ONCE;
  /** @type {Set<number>} the numbers of the events whose callback is shown */
  const open = new Set();

  function choose() {
    shown = AT_ONCE;
    draw();
  }

  function showMore() {
    shown += AT_ONCE;
    draw();
  }

  function draw() {
    if (timeline === null) return;
    const names = new Map(timeline.people.map((person) => [person.call_sid, nameOf(person)]));
    const fitting = timeline.events.filter(FILTERS[filter.value].fits).reverse();
    const row = (/** @type {ConferenceEvent} */ event) => eventRow(event, { name: (sid) => names.get(sid) ?? sid, context, changed, open });
    const focused = document.activeElement?.closest("li.event")?.getAttribute("data-number");
    // A callback that has moved on makes its row anew, all others stay.
    keyed(list, fitting.slice(0, shown), keyOf, row);
    if (focused && document.activeElement === document.body) {
      /** @type {HTMLElement | null} */ (list.querySelector(`[data-number="${focused}"] .event-open`))?.focus();
    }
    const cut = timeline.events_truncated ? `, the last ${timeline.events.length} of them are here` : "";
    text(count, fitting.length === 0 ? "No such events" : counted(fitting.length, "event") + cut);
    replace(foot, fitting.length > shown ? more : null);
  }

  return {
    element,
    /** @param {Timeline} latest */
    show(latest) {
      timeline = latest;
      draw();
    },
  };
}

/** @param {ConferenceEvent} event */
const keyOf = ({ number, callback }) =>
  callback === null ? `${number}` : `${number} ${callback.state} ${callback.attempts} ${callback.http_status} ${callback.ended_at}`;

/**
 * @param {ConferenceEvent} event
 * @param {{name: (callSid: string) => string, context: Context, changed: () => void, open: Set<number>}} how
 */
function eventRow(event, { name, context, changed, open }) {
  const { number, at, callback, sequence_number: sequence } = event;
  const what = [
    h("span", { class: "event-time" }, moment(at)),
    h("span", { class: "event-what" }, withName(eventWords(event), event.call_sid === null ? "everybody" : name(event.call_sid))),
  ];
  if (callback === null) {
    const told = sequence === null ? "not told" : "told, the callback is not kept any more";
    return h("li", { class: "event", dataset: { number } }, what, h("span", { class: "event-told soft" }, told));
  }
  const id = `event-${number}`;
  const details = h("div", { id, class: "event-details" });
  const button = h(
    "button",
    { type: "button", class: "event-open", "aria-controls": id, onclick: () => show(details.hidden) },
    h("span", { class: "visually-hidden" }, `Callback ${sequence ?? ""} of event ${number}: `),
    outcomeChip(callback, context.live.now()),
  );

  /** @param {boolean} visible */
  function show(visible) {
    if (visible) open.add(number);
    else open.delete(number);
    details.hidden = !visible;
    button.setAttribute("aria-expanded", String(visible));
    if (visible && details.childElementCount === 0) {
      details.append(callbackDetails(/** @type {Callback} */ (callback), context, changed));
    }
  }

  show(open.has(number));
  return h("li", { class: "event", dataset: { number } }, what, h("span", { class: "event-told" }, button), details);
}

/** The time of day: which day it was stands above the list, and is told on hover. @param {number} at */
function moment(at) {
  const shown = time(at, { seconds: true });
  replace(shown, timeOfDay(at));
  return shown;
}

/** A sentence with a name in the place that is kept for it; the name is written in its own direction. @param {string} words @param {string} name */
function withName(words, name) {
  const [before, after] = words.split(WHO);
  return after === undefined ? words : [before, h("bdi", {}, name), after];
}
