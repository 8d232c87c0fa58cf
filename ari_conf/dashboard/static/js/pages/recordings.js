// @ts-check
/** Recordings of conferences and of calls, the newest first. */

import { h } from "../dom.js";
import { pagedList } from "../paged.js";
import { recordingCard } from "../recording/card.js";
import { accountOf, accountPicker, pagesOf, secondsOf } from "../rest_list.js";

export const styles = ["details.css", "lists.css"];

/** @type {import("../router.js").Page["open"]} */
export async function open(root, _params, context) {
  const place = h("div", { class: "list-place" });
  /** @type {ReturnType<typeof recordingCard>[]} */
  let cards = [];

  const close = () => cards.forEach((card) => card.close());
  const list = () => {
    close();
    cards = [];
    const account = accountOf(context);
    return pagedList(place, {
      label: "Recordings",
      next: pagesOf(account, "/Recordings.json", "recordings"),
      row: (one) => {
        const card = recordingCard(recorded(one, account), { links: true });
        cards.push(card);
        return card.element;
      },
      empty: h("p", {}, "Nothing has been recorded."),
    });
  };

  root.append(h("h1", {}, "Recordings"), h("div", { class: "list-head" }, accountPicker(context, list)), place);
  await list();
  return { title: "Recordings", close };
}

/** @param {any} one as REST has it @param {string} accountSid */
const recorded = (one, accountSid) => ({
  sid: one.sid,
  accountSid,
  status: one.status,
  startedAt: secondsOf(one.start_time),
  seconds: one.duration === null ? null : Number(one.duration),
  source: one.source,
  conferenceSid: one.conference_sid,
  callSid: one.call_sid,
});
