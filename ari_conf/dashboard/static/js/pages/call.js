// @ts-check
/** A call: who with whom, where it has been, and what it was told to do. */

import { api, ApiError } from "../api.js";
import { callbackRow } from "../callback/row.js";
import { fact } from "../callback/view.js";
import { documentsView } from "../call/verbs.js";
import { DIRECTIONS, LIVE, callPill } from "../call/words.js";
import { sentence } from "../dialog.js";
import { h, replace } from "../dom.js";
import { duration, phone, time } from "../format.js";
import { notificationRow } from "../notification_row.js";
import { pagedList } from "../paged.js";
import { recorded, recordingsList } from "../recording/card.js";
import { pagesOf, secondsOf } from "../rest_list.js";

/** @typedef {import("../router.js").Context} Context */

export const styles = ["details.css", "lists.css", "call.css"];

/** How often a call that is not over is looked at, in milliseconds. */
const LOOK_EVERY = 3000;

/** @type {import("../router.js").Page["open"]} */
export async function open(root, { sid }, context) {
  const account = await accountOfCall(sid, context);
  const shown = { facts: h("div"), stays: h("div"), documents: h("div"), heard: h("div"), children: h("div"), callbacks: h("div"), notifications: h("div") };
  const recordings = recordingsList();
  const head = h("div", { class: "page-head" });
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let closed = false;
  let live = false;
  let seen = "";

  async function look() {
    const [call, { documents }] = await Promise.all([
      api.rest(account, "GET", `/Calls/${sid}.json`),
      api.rest(account, "GET", `/Calls/${sid}/Documents.json`),
    ]);
    if (closed) return;
    live = LIVE.includes(call.status);
    const now = JSON.stringify([call, documents]);
    // What somebody reads or has selected is not made anew as long as it is the same.
    if (now !== seen) {
      seen = now;
      replace(head, h("h1", {}, "Call ", h("bdi", {}, phone(call.from)), " → ", h("bdi", {}, phone(call.to))), callPill(call.status));
      replace(shown.facts, facts(call));
      replace(shown.documents, documents.length ? documentsView(documents, live) : h("p", { class: "soft" }, "It was given none."));
      await Promise.all([part(shown.stays, stays), part(shown.children, children), part(shown.heard, record)]);
    }
  }

  /** Look again as long as the call is not over; that the controller does not answer is shown by the frame. */
  function goOn() {
    if (!closed && live) timer = setTimeout(() => look().catch(() => undefined).then(goOn), LOOK_EVERY);
  }

  async function stays() {
    const { participants } = await api.get(`/search?${new URLSearchParams({ q: `call:${sid}` })}`);
    const own = participants.filter((/** @type {any} */ stay) => stay.call_sid === sid);
    replace(shown.stays, own.length ? section("In conferences", h("ul", { class: "card rows" }, own.map(stayRow))) : null);
  }

  async function children() {
    const { calls } = await api.rest(account, "GET", "/Calls.json", { ParentCallSid: sid, PageSize: 200 });
    replace(shown.children, calls.length ? section("Called by it", h("ul", { class: "card rows" }, calls.map(childRow))) : null);
  }

  async function record() {
    const { recordings: all } = await api.rest(account, "GET", "/Recordings.json", { CallSid: sid });
    if (closed) return;
    recordings.show(all.map(recorded));
    replace(shown.heard, all.length ? section("Recordings", recordings.element) : null);
  }

  await look();
  goOn();
  root.append(
    head,
    shown.facts,
    shown.stays,
    shown.children,
    section("TwiML, as it was fetched", shown.documents),
    shown.heard,
    section("Callbacks", shown.callbacks),
    section("Notifications", shown.notifications),
  );
  pagedList(shown.callbacks, {
    label: "Callbacks of this call",
    next: pagesOf(account, "/Callbacks.json", "callbacks", { CallSid: sid }),
    row: (callback) => callbackRow(callback, context, { call: false }).element,
    empty: h("p", {}, "None was owed for its progress or its recordings; a conference's are on the page of the conference."),
  });
  pagedList(shown.notifications, {
    label: "Notifications of this call",
    next: pagesOf(account, `/Calls/${sid}/Notifications.json`, "notifications"),
    row: (notification) => notificationRow(notification),
    empty: h("p", {}, "Nothing has gone wrong."),
  });
  return {
    title: "Call",
    close() {
      closed = true;
      clearTimeout(timer);
      recordings.close();
    },
  };
}

/** Fill a part of the page; that it cannot be is told there, and the others are shown. @param {HTMLElement} place @param {() => Promise<void>} fill */
const part = (place, fill) => fill().catch((error) => replace(place, h("p", { class: "problem", role: "alert" }, sentence(error))));

/** Find out whose call it is. @param {string} sid @param {Context} context @returns {Promise<string>} */
async function accountOfCall(sid, { session }) {
  if (session.accounts.length === 1) return session.accounts[0];
  const { calls } = await api.get(`/search?${new URLSearchParams({ q: sid })}`);
  if (calls.length === 0) throw new ApiError(404, 20404, `There is no call ${sid}, or it is not kept any more.`);
  return calls[0].account_sid;
}

/** @param {string} title @param {...HTMLElement} content */
const section = (title, ...content) => h("section", { class: "section" }, h("h2", {}, title), ...content);

/** @param {any} call */
function facts(call) {
  return h(
    "dl",
    { class: "facts card card-body" },
    fact("From", h("bdi", {}, phone(call.from))),
    fact("To", h("bdi", {}, phone(call.to))),
    fact("Direction", DIRECTIONS[call.direction] ?? call.direction),
    fact("Begun", time(secondsOf(call.date_created), { seconds: true })),
    fact("Ended", time(secondsOf(call.end_time), { seconds: true })),
    fact("Talked", call.duration === null ? "–" : duration(Number(call.duration))),
    call.parent_call_sid ? fact("Called by", h("a", { href: `/dashboard/calls/${call.parent_call_sid}` }, "the call that has dialled it")) : null,
    fact("Call SID", h("span", { class: "mono" }, call.sid)),
  );
}

/** @param {any} stay */
const stayRow = ({ conference_sid: sid, conference_name: name, label, joined_at: joined, left_at: left }) =>
  h(
    "li",
    { class: "row" },
    h("a", { class: "row-main", href: `/dashboard/conferences/${sid}` }, h("bdi", {}, name)),
    h("span", {}, label ? [h("span", { class: "soft" }, "as "), h("bdi", {}, label)] : null),
    h("span", { class: "row-state" }, time(joined, { seconds: true }), " to ", left === null ? "now" : time(left, { seconds: true })),
  );

/** @param {any} call */
const childRow = (call) =>
  h(
    "li",
    { class: "row" },
    h("a", { class: "row-main", href: `/dashboard/calls/${call.sid}` }, h("bdi", {}, phone(call.to))),
    h("span", { class: "row-state" }, callPill(call.status)),
  );
