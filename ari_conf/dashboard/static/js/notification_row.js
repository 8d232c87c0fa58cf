// @ts-check
/** A notification as a row of a list: what went wrong, explained, and the request that has shown it. */

import { api } from "./api.js";
import { explained, titled } from "./codes.js";
import { sentence, toast } from "./dialog.js";
import { h, replace } from "./dom.js";
import { expander } from "./expander.js";
import { time } from "./format.js";
import { fact, parametersTable } from "./callback/view.js";
import { secondsOf } from "./rest_list.js";

/** How REST writes that something is an error. */
const ERROR = "0";

/**
 * @param {any} notification as REST has it
 * @param {{links?: boolean}} [how] `links`: say which call it is of
 * @returns {HTMLElement}
 */
export function notificationRow(notification, { links = false } = {}) {
  const { sid, log, error_code: code, call_sid: call } = notification;
  const grave = log === ERROR;
  return expander({
    facts: [
      h("span", { class: "row-time" }, time(secondsOf(notification.message_date), { seconds: true })),
      h(
        "span",
        { class: "row-main" },
        h("strong", {}, titled(code)),
        h("bdi", {}, messageOf(notification.message_text)),
      ),
      h("span", { class: "row-state" }, h("span", { class: ["pill", grave ? "bad" : "warn"] }, grave ? "error" : "warning")),
      h("span", { class: "row-links" }, links && call ? h("a", { href: `/dashboard/calls/${call}` }, "Call") : null),
    ],
    label: `Error ${code} explained`,
    dataset: { sid },
    fill: () => details(notification),
  });
}

/** The sentence in REST's URL-encoded text. @param {string} text */
const messageOf = (text) => new URLSearchParams(text).get("Msg") ?? text;

/** @param {any} notification */
function details(notification) {
  const { account_sid: account, sid, error_code: code, request_url: url, request_method: method } = notification;
  const place = h("div");
  const show = h("button", { type: "button", class: "button", onclick: load }, "Show the request and its answer");

  async function load() {
    show.disabled = true;
    try {
      const whole = await api.rest(account, "GET", `/Notifications/${sid}.json`);
      replace(place, exchange(whole));
      show.remove();
    } catch (error) {
      toast(sentence(error), "bad");
      show.disabled = false;
    }
  }

  return [
    explained(code),
    url ? h("dl", { class: "facts" }, fact("Request", h("span", { class: "mono" }, `${method} ${url}`))) : null,
    place,
    url ? h("div", { class: "actions" }, show) : null,
  ];
}

/** @param {any} whole a notification with its request and answer */
function exchange({ request_variables: variables, response_headers: headers, response_body: body }) {
  const parameters = Object.fromEntries(new URLSearchParams(variables));
  const parts = [
    variables ? [h("p", { class: "soft" }, "What was sent"), parametersTable(parameters)] : null,
    headers ? [h("p", { class: "soft" }, "Headers of the answer"), parametersTable(Object.fromEntries(new URLSearchParams(headers)), "Headers of the answer")] : null,
    body ? [h("p", { class: "soft" }, "The answer"), h("pre", { class: "text-box", tabindex: 0 }, body)] : null,
  ];
  return parts.some(Boolean) ? parts.flat() : h("p", { class: "soft" }, "There was no answer.");
}
