// @ts-check
/** What has happened in a conference: drawn to scale, event by event, and its recordings. */

import { api } from "../api.js";
import { callbackRow } from "../callback/row.js";
import { sentence } from "../dialog.js";
import { h, replace, useStyle } from "../dom.js";
import { recordingsList } from "../recording/card.js";
import { timelineTable } from "../timeline/table.js";
import { TimelineView } from "../timeline/view.js";
import { eventsList } from "./events.js";

/** @typedef {import("../timeline/rows.js").Timeline} Timeline */
/** @typedef {import("../router.js").Context} Context */

/** However often something happens, it is not fetched more often than this, in milliseconds. */
const NOT_OFTENER = 1500;
/** What takes long is fetched more rarely: this many times as long passes in between. */
const SPARING = 10;

/**
 * Show the history of a conference in `root`, and keep it up to date by `refresh`, which may be called as often as one likes.
 * @param {HTMLElement} root
 * @param {{sid: string, accountSid: string, context: Context}} what
 * @returns {{refresh: () => void, close: () => void}}
 */
export function openHistory(root, { sid, accountSid, context }) {
  const view = new TimelineView();
  const table = timelineTable(() => view.timeline, () => view.now);
  const events = eventsList(context, () => refresh());
  const recordings = recordingsList((callback) => callbackRow(callback, context, { call: false, conference: false }));
  const heard = section("Recordings", recordings.element);
  const problem = h("div", { class: "problem", role: "alert", hidden: true });
  const place = h("div", {}, h("p", { class: "loading" }, "Loading what has happened…"));
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let shown = false;
  let fetching = false;
  let wanted = false;
  let closed = false;

  replace(root, problem, place);

  async function fetchIt() {
    const began = performance.now();
    fetching = true;
    wanted = false;
    try {
      show(await api.get(`/conferences/${sid}/timeline`));
      problem.hidden = true;
    } catch (error) {
      replace(problem, h("p", {}, sentence(error)), h("button", { type: "button", class: "button", onclick: () => refresh() }, "Try again"));
      problem.hidden = false;
      if (!shown) replace(place);
    }
    timer = setTimeout(() => {
      fetching = false;
      if (wanted) refresh();
    }, Math.max(NOT_OFTENER, SPARING * (performance.now() - began)));
  }

  /** @param {Timeline} timeline */
  function show(timeline) {
    if (closed) return;
    if (!shown) replace(place, section("Timeline", view.element, table.element), heard, section("Events", events.element));
    shown = true;
    view.show(timeline);
    table.fill();
    events.show(timeline);
    heard.hidden = timeline.recordings.length === 0;
    recordings.show(
      timeline.recordings.map((recording) => ({
        sid: recording.sid,
        accountSid,
        status: recording.status,
        startedAt: recording.started_at,
        seconds: recording.seconds,
        source: recording.source,
        callbacks: recording.callbacks,
      })),
    );
  }

  function refresh() {
    wanted = true;
    if (!fetching && !closed) fetchIt();
  }

  Promise.all(["details.css", "lists.css", "history.css"].map(useStyle)).then(refresh);
  return {
    refresh,
    close() {
      closed = true;
      clearTimeout(timer);
      view.close();
      recordings.close();
    },
  };
}

/** @param {string} title @param {...HTMLElement} content */
const section = (title, ...content) => h("section", { class: "section" }, h("h2", {}, title), ...content);
