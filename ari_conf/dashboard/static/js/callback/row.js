// @ts-check
/** A callback as a row of a list, which opens. */

import { h } from "../dom.js";
import { time } from "../format.js";
import { expander } from "../expander.js";
import { callbackDetails, outcomeChip } from "./view.js";

/** @typedef {import("./words.js").Callback} Callback */
/** @typedef {{element: HTMLElement, show: (callback: Callback) => void}} CallbackRow `show` brings it up to date, as open as it is */

/**
 * @param {Callback} callback
 * @param {import("../router.js").Context} context
 * @param {{call?: boolean, conference?: boolean}} [links] which there are, if there is something to lead to: all unless it is said
 * @returns {CallbackRow}
 */
export function callbackRow(callback, context, links = {}) {
  const element = made(callback);
  let shown = JSON.stringify(callback);

  /** @param {Callback} one */
  function made(one) {
    const { conference_sid: conference, call_sid: call, event, kind, url, token } = one;
    return expander({
      facts: [
        h("span", { class: "row-time" }, time(one.created_at, { seconds: true })),
        h("span", { class: "row-main" }, h("strong", {}, event || kind), h("span", { class: "soft url", title: url }, url)),
        h("span", { class: "row-state" }, outcomeChip(one, context.live.now())),
        h(
          "span",
          { class: "row-links" },
          conference && links.conference !== false ? h("a", { href: `/dashboard/conferences/${conference}` }, "Conference") : null,
          call && links.call !== false ? h("a", { href: `/dashboard/calls/${call}` }, "Call") : null,
        ),
      ],
      label: `Callback ${event || kind}: all that is known of it`,
      dataset: { token },
      fill: () => [callbackDetails(one, context, (latest) => show(latest, true))],
    });
  }

  /** @param {Callback} latest @param {boolean} [focused] whether it has the focus; a button that was pressed has lost it */
  function show(latest, focused = element.contains(document.activeElement)) {
    const state = JSON.stringify(latest);
    if (state === shown) return;
    shown = state;
    const open = element.querySelector('[aria-expanded="true"]') !== null;
    element.replaceChildren(...made(latest).childNodes);
    const button = element.querySelector("button");
    if (open) button?.click();
    if (focused) button?.focus();
  }

  return { element, show };
}
