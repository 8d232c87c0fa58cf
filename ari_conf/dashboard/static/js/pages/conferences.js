// @ts-check
/** Conferences, running and over, the newest first; and the search for them and all that belongs to them. */

import { api } from "../api.js";
import { callPill } from "../call/words.js";
import { h, replace } from "../dom.js";
import { counted, duration, phone, shortSid, time } from "../format.js";
import { pagedTable } from "../paged.js";
import { searchHelp } from "../search_help.js";
import { recordingPill } from "../recording/card.js";
import { pill, statusWord, whyEnded } from "../states.js";

export const styles = ["details.css", "lists.css"];

/** @type {import("../router.js").Page["open"]} */
export async function open(root, _params, context) {
  const { query } = context;
  const input = h("input", { type: "search", name: "q", "aria-label": "Search conferences", placeholder: "Room, number, label, SID, or room:… after:…", autocomplete: "off", spellcheck: "false", value: query.get("q") ?? "" });
  const form = h("form", { class: "list-search wide", role: "search" }, input, h("button", { class: "button primary" }, "Search"));
  const place = h("div", { class: "list-place" });
  const others = h("div", { class: "groups" });
  const jumps = h("p", { class: "jumps", role: "status" });
  let turn = 0;

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    search(input.value.trim());
  });

  /** @param {string} words */
  async function search(words) {
    if (words) query.set("q", words);
    else query.delete("q");
    context.setQuery(query);
    turn += 1;
    await Promise.all([list(words), findOthers(words, turn)]);
  }

  /** @param {string} words */
  const list = (words) =>
    pagedTable(place, {
      label: words ? "Conferences found" : "Conferences",
      columns: ["Conference", "Status", "Begun", "Lasted", "People", "Why it ended"],
      next: conferencePages(words),
      row: cells,
      empty: h("p", {}, words ? "No conference fits all of these words." : "There has been no conference yet."),
    });

  /** @param {string} words @param {number} mine */
  async function findOthers(words, mine) {
    replace(others);
    replace(jumps);
    if (!words) return;
    // What is wrong with the words is told by the list of conferences already.
    const found = await api.get(`/search?${new URLSearchParams({ q: words })}`).catch(() => null);
    if (found === null || mine !== turn) return;
    replace(jumps, jumpsTo(found));
    replace(
      others,
      group("Participants", found.participants.map(participantRow)),
      group("Calls", found.calls.map(callRow)),
      group("Recordings", found.recordings.map(recordingRow)),
      found.more ? h("p", { class: "soft" }, "There is more than is shown here: add a word, or a time with after: and before:.") : null,
    );
  }

  root.append(
    h("h1", {}, "Conferences"),
    h("div", { class: "search-head" }, form, searchHelp(input)),
    jumps,
    place,
    others,
  );
  await search(input.value.trim());
  return { title: "Conferences", close() {} };
}

/** @param {string} words */
function conferencePages(words) {
  /** @type {string | null} */
  let cursor = null;
  return async () => {
    const query = new URLSearchParams();
    if (words) query.set("q", words);
    if (cursor) query.set("cursor", cursor);
    const { conferences, next } = await api.get(`/conferences?${query}`);
    cursor = next;
    return { items: conferences, more: next !== null };
  };
}

/** @param {any} conference */
function cells(conference) {
  const { sid, friendly_name: name, created_at: created, ended_at: ended, reason_ended: reason, people_total: people } = conference;
  return [
    h("a", { href: `/dashboard/conferences/${sid}` }, h("bdi", {}, name)),
    pill(statusWord(conference)),
    time(created, { seconds: true }),
    ended === null ? h("span", { class: "absent" }, "–") : duration(ended - created),
    people === undefined ? "–" : String(people),
    h("span", { class: "soft" }, whyEnded(reason) || "–"),
  ];
}

/** @param {string} title @param {HTMLElement[]} rows */
const group = (title, rows) =>
  rows.length === 0 ? null : h("section", { class: "section" }, h("h2", { id: title.toLowerCase(), tabindex: -1 }, title, " ", h("span", { class: "soft" }, String(rows.length))), h("ul", { class: "card rows" }, rows));

/** How much of what else was found, with links to it. @param {any} found */
function jumpsTo({ participants, calls, recordings }) {
  const groups = [
    ["participant", participants],
    ["call", calls],
    ["recording", recordings],
  ].filter(([, list]) => list.length > 0);
  if (groups.length === 0) return null;
  const links = groups.flatMap(([word, list], index) => [index ? ", " : "", h("a", { href: `#${word}s` }, counted(list.length, word))]);
  return ["Found besides conferences: ", ...links];
}

/** @param {any} one */
const participantRow = ({ conference_sid: conference, conference_name: room, call_sid: call, label, from, joined_at: joined, left_at: left }) =>
  h(
    "li",
    { class: "row" },
    h("a", { class: "row-main", href: `/dashboard/calls/${call}` }, h("bdi", {}, label || phone(from) || shortSid(call))),
    h("span", {}, h("span", { class: "soft" }, "in "), h("a", { href: `/dashboard/conferences/${conference}` }, h("bdi", {}, room))),
    h("span", { class: "row-state" }, time(joined), left === null ? " until now" : ` for ${duration(left - joined)}`),
  );

/** @param {any} call */
const callRow = (call) =>
  h(
    "li",
    { class: "row" },
    h("a", { class: "row-main", href: `/dashboard/calls/${call.sid}` }, h("bdi", {}, phone(call.from)), " → ", h("bdi", {}, phone(call.to))),
    callPill(call.status),
    h("span", { class: "row-state" }, time(call.created_at)),
  );

/** @param {any} recording */
function recordingRow({ sid, conference_sid: conference, call_sid: call, started_at: started, seconds, status }) {
  const href = conference ? `/dashboard/conferences/${conference}` : `/dashboard/calls/${call}`;
  return h(
    "li",
    { class: "row" },
    h("a", { class: "row-main", href }, shortSid(sid)),
    recordingPill(status) ?? h("span", { class: "pill" }, status),
    h("span", { class: "row-state" }, time(started), typeof seconds === "number" ? ` for ${duration(seconds)}` : null),
  );
}
