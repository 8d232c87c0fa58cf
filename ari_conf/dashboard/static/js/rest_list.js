// @ts-check
/** Lists of the REST API, page after page; and whose they are, where somebody may see several accounts. */

import { api } from "./api.js";
import { h } from "./dom.js";

/** @typedef {import("./router.js").Context} Context */

/**
 * Return a function that fetches the next page each time it is called: its items, and whether there are more.
 * @param {string} account its SID
 * @param {string} path such as "/Calls.json"
 * @param {string} key under which the list stands in the answer
 * @param {Record<string, string | number | null | undefined>} [filters]
 * @returns {() => Promise<{items: any[], more: boolean}>}
 */
export function pagesOf(account, path, key, filters = {}) {
  /** @type {Record<string, string | number | null | undefined>} */
  let wanted = filters;
  return async () => {
    const answer = await api.rest(account, "GET", path, wanted);
    const next = answer.next_page_uri;
    if (next) wanted = Object.fromEntries(new URL(next, location.href).searchParams);
    return { items: answer[key], more: Boolean(next) };
  };
}

/**
 * The account whose lists are shown: as the address says, else the first.
 * @param {Context} context
 */
export function accountOf({ query, session }) {
  const asked = query.get("account");
  return asked && session.accounts.includes(asked) ? asked : session.accounts[0];
}

/**
 * Make the control that chooses the account, if there is a choice; the choice stands in the address.
 * @param {Context} context
 * @param {() => void} chosen
 * @returns {HTMLElement | null}
 */
export function accountPicker(context, chosen) {
  const { accounts } = context.session;
  if (accounts.length < 2) return null;
  const choose = (/** @type {Event} */ event) => {
    context.query.set("account", /** @type {HTMLSelectElement} */ (event.target).value);
    context.setQuery(context.query);
    chosen();
  };
  const select = h("select", { onchange: choose }, accounts.map((sid) => h("option", { value: sid }, sid)));
  select.value = accountOf(context);
  return h("label", { class: "field-inline" }, h("span", {}, "Account"), select);
}

/**
 * When something was that REST tells in RFC 2822, in seconds since 1970; null if it has not happened.
 * @param {string | null | undefined} date
 */
export const secondsOf = (date) => (date ? Date.parse(date) / 1000 : null);
