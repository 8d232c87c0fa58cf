// @ts-check
/** A callback as a row of a list, which opens. */

import { h } from "../dom.js";
import { time } from "../format.js";
import { expander } from "../expander.js";
import { callbackDetails, outcomeChip } from "./view.js";

/** @typedef {import("./words.js").Callback} Callback */

/**
 * @param {Callback} callback
 * @param {import("../router.js").Context} context
 * @param {{call?: boolean, conference?: boolean}} [links] which there are, if there is something to lead to: all unless it is said
 * @returns {HTMLElement}
 */
export function callbackRow(callback, context, links = {}) {
  const { conference_sid: conference, call_sid: call, event, url } = callback;
  const row = expander({
    facts: [
      h("span", { class: "row-time" }, time(callback.created_at, { seconds: true })),
      h("span", { class: "row-main" }, h("strong", {}, event || callback.kind), h("span", { class: "soft url", title: url }, url)),
      h("span", { class: "row-state" }, outcomeChip(callback, context.live.now())),
      h(
        "span",
        { class: "row-links" },
        conference && links.conference !== false ? h("a", { href: `/dashboard/conferences/${conference}` }, "Conference") : null,
        call && links.call !== false ? h("a", { href: `/dashboard/calls/${call}` }, "Call") : null,
      ),
    ],
    label: `Callback ${event || callback.kind}: all that is known of it`,
    dataset: { token: callback.token },
    fill: () => [callbackDetails(callback, context, changed)],
  });

  /** @param {Callback} latest */
  function changed(latest) {
    const fresh = callbackRow(latest, context, links);
    row.replaceWith(fresh);
    const button = fresh.querySelector("button");
    button?.click();
    button?.focus();
  }

  return row;
}
