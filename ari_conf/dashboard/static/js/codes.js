// @ts-check
/** Error codes explained: what they are called, where they come from, what helps. */

import { api } from "./api.js";
import { h, replace } from "./dom.js";

/** @typedef {{title: string, cause: string, remedy: string}} Explanation */

/** @type {Promise<Record<string, Explanation>> | null} */
let asked = null;

/** Return all explanations by code; they are asked for once. A page without them is plainer, not unusable. */
function explanations() {
  asked ??= api.get("/codes").then(
    (/** @type {{codes: Record<string, Explanation>}} */ answer) => answer.codes,
    () => {
      asked = null;
      return {};
    },
  );
  return asked;
}

/**
 * Make a place in which a code is explained as soon as the explanation is there.
 * @param {number | string} code
 * @returns {HTMLElement}
 */
export function explained(code) {
  const place = h("div", { class: "explained" }, h("p", {}, `Error ${code}`));
  explanations().then((all) => {
    const found = all[String(code)];
    if (found === undefined) return;
    const title = h("p", { class: "explained-title" }, h("span", { class: "code" }, String(code)), " ", found.title);
    replace(place, title, h("p", {}, found.cause), h("p", {}, h("strong", {}, "What to do: "), found.remedy));
  });
  return place;
}

/**
 * Make a code with its title beside it, for a row of a list.
 * @param {number | string} code
 * @returns {HTMLElement}
 */
export function titled(code) {
  const title = h("span", { class: "code-title" });
  explanations().then((all) => replace(title, all[String(code)]?.title ?? ""));
  return h("span", {}, h("span", { class: "code" }, String(code)), " ", title);
}
