// @ts-check
/** A callback on the screen: how it stands, all that is known of it, and sending it again. */

import { api } from "../api.js";
import { explained } from "../codes.js";
import { sentence, toast } from "../dialog.js";
import { h, replace } from "../dom.js";
import { time } from "../format.js";
import { icon } from "../icons.js";
import { exactly, outcome } from "./words.js";

/** @typedef {import("./words.js").Callback} Callback */
/** @typedef {import("../router.js").Context} Context */

/** How long the outcome of sending again is waited for, and how often it is looked at, in milliseconds. */
const WAIT = 15_000;
const LOOK_EVERY = 300;
/** What a pill looks like. */
const LOOKS = { good: "good", wait: "warn", bad: "bad" };

/** @param {Callback} callback @param {number} now by the controller's clock */
export function outcomeChip(callback, now) {
  const { look, word, more } = outcome(callback, now);
  return h("span", { class: "outcome" }, h("span", { class: ["pill", LOOKS[look]] }, word), more ? h("span", { class: "soft" }, ` ${more}`) : null);
}

/** @param {Callback} callback */
const path = (callback) => `/Callbacks/${callback.token}.json`;

/**
 * All that is known of a callback. `changed` is told of it as it is after it was sent again.
 * @param {Callback} callback
 * @param {Context} context
 * @param {(callback: Callback) => void} changed
 * @returns {HTMLElement}
 */
export function callbackDetails(callback, context, changed) {
  const body = h("div", { class: "callback-body" });
  const show = h("button", { type: "button", class: "button", onclick: () => showBody() }, "Show what was sent");

  async function showBody() {
    show.disabled = true;
    try {
      const { parameters } = await api.rest(callback.account_sid, "GET", path(callback));
      replace(body, parametersTable(parameters));
      show.remove();
    } catch (error) {
      toast(sentence(error), "bad");
      show.disabled = false;
    }
  }

  const { attempts, error, error_code: code, ended_at: ended, http_status: status, seconds } = callback;
  return h(
    "div",
    { class: "callback" },
    h(
      "dl",
      { class: "facts" },
      fact("Sent to", h("span", { class: "mono" }, `${callback.method} ${callback.url}`)),
      fact("Owed since", time(callback.created_at, { seconds: true })),
      fact("Attempts", String(attempts)),
      status === null ? null : fact("Answer", seconds === null ? `${status}` : `${status} in ${exactly(seconds)}`),
      callback.state === "owed" ? fact("Next try", time(callback.next_at, { seconds: true })) : null,
      ended === null ? null : fact(callback.state === "delivered" ? "Delivered" : "Given up", time(ended, { seconds: true })),
      error ? fact("Problem", h("span", { class: "sentence" }, error)) : null,
    ),
    code === null ? null : explained(code),
    body,
    h("div", { class: "actions" }, show, sendAgain(callback, context, changed)),
  );
}

/**
 * The button that sends again what was delivered or given up; what is still owed is sent anyway.
 * @param {Callback} callback @param {Context} context @param {(callback: Callback) => void} changed
 * @returns {HTMLElement | null}
 */
function sendAgain(callback, context, changed) {
  if (callback.state === "owed") return null;
  const state = h("span", { class: "soft", role: "status" });
  const button = h("button", { type: "button", class: "button", onclick: () => send() }, icon("again"), "Send again");
  if (!context.canAct) {
    button.disabled = true;
    button.title = "Your role may look, not act";
  }

  async function send() {
    button.disabled = true;
    replace(state, "Sending…");
    try {
      const sent = await again(callback);
      const { word, more } = outcome(sent, context.live.now());
      toast(`The callback ${sent.event} was sent again: ${word}${more ? ` ${more}` : ""}.`, sent.state === "delivered" ? "good" : "bad");
      changed(sent);
    } catch (error) {
      toast(sentence(error), "bad");
    } finally {
      replace(state);
      button.disabled = false;
    }
  }

  return h("span", { class: "send-again" }, button, state);
}

/** Let it be sent again, and return what became of it. @param {Callback} callback @returns {Promise<Callback>} */
async function again(callback) {
  /** @type {Callback} */
  let now = await api.rest(callback.account_sid, "POST", path(callback), { Status: "owed" });
  const until = performance.now() + WAIT;
  while (now.state === "owed" && now.attempts === 0 && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
    now = await api.rest(callback.account_sid, "GET", path(callback));
  }
  return now;
}

/** @param {string} name @param {import("../dom.js").Child} value */
export const fact = (name, value) => h("div", {}, h("dt", {}, name), h("dd", {}, value));

/** @param {Record<string, string>} parameters @param {string} [label] */
export function parametersTable(parameters, label = "What was sent") {
  return h(
    "div",
    { class: "scroller", tabindex: 0, role: "region", "aria-label": label },
    h(
      "table",
      { class: "parameters" },
      h("tbody", {}, Object.entries(parameters).map(([name, value]) => h("tr", {}, h("th", { scope: "row" }, name), h("td", { dir: "auto" }, value)))),
    ),
  );
}
