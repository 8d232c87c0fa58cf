// @ts-check
// What a timeline shows, as a table: for a screen reader, and for who wants numbers.

import { h, replace } from "../dom.js";
import { time } from "../format.js";
import { nameOf } from "../rooms.js";
import { waitOf } from "./rows.js";
import { total } from "./segments.js";
import { brief } from "./words.js";

/** @typedef {import("./rows.js").Timeline} Timeline */
/** @typedef {import("./rows.js").Person} Person */
/** @typedef {import("./segments.js").Segment} Segment */

const COLUMNS = ["Who", "Joined", "Left", "Why", "There", "Waited", "Talked", "Muted", "On hold", "Coached whom"];

/** A table that is made when it is opened. @param {() => Timeline | null} current @param {() => number} now */
export function timelineTable(current, now) {
  const place = h("div", { class: "scroller", tabindex: 0, role: "region", "aria-label": "Timeline as a table" });
  const details = h(
    "details",
    { class: "tl-table", ontoggle: () => fill() },
    h("summary", {}, "The same as a table"),
    place,
  );

  /** Bring the table up to date, if anybody sees it. */
  function fill() {
    const timeline = current();
    if (!details.open || timeline === null) return;
    const names = new Map(timeline.people.map((person) => [person.call_sid, nameOf(person)]));
    replace(
      place,
      h(
        "table",
        {},
        h("thead", {}, h("tr", {}, COLUMNS.map((column) => h("th", { scope: "col" }, column)))),
        h("tbody", {}, timeline.people.flatMap((person) => rows(person, timeline, names, now()))),
      ),
    );
  }

  return { element: details, fill };
}

/** @param {Person} person @param {Timeline} timeline @param {Map<string, string>} names @param {number} now */
function rows(person, timeline, names, now) {
  const whom = [...new Set(person.coaching.map(({ call_sid_to_coach: sid }) => names.get(sid) ?? sid))].join(", ");
  return person.stays.map((stay) => {
    const span = { from: stay.joined_at, to: stay.left_at ?? now };
    const inStay = (/** @type {Segment[]} */ segments) => {
      const seconds = total(segments.filter(([from]) => from >= span.from && from <= span.to), now);
      return h("td", { class: "number" }, seconds ? brief(seconds) : "–");
    };
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, h("a", { href: `/dashboard/calls/${person.call_sid}`, dir: "auto" }, nameOf(person))),
      h("td", {}, time(stay.joined_at, { seconds: true })),
      h("td", {}, time(stay.left_at, { seconds: true })),
      h("td", {}, (stay.reason_left ?? "").replaceAll("_", " ")),
      h("td", { class: "number" }, brief(span.to - span.from)),
      inStay(waitOf(stay, timeline.conference.started_at)),
      inStay(person.talk),
      inStay(person.muted),
      inStay(person.hold),
      h("td", { dir: "auto" }, whom || "–"),
    );
  });
}
