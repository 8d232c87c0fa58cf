// @ts-check
/** Recordings of conferences and of calls, the newest first. */

import { h } from "../dom.js";
import { pagedList } from "../paged.js";
import { recorded, recordingCard } from "../recording/card.js";
import { accountOf, accountPicker, pagesOf } from "../rest_list.js";

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
    return pagedList(place, {
      label: "Recordings",
      next: pagesOf(accountOf(context), "/Recordings.json", "recordings"),
      row: (one) => {
        const card = recordingCard(recorded(one), { links: true });
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
