// @ts-check
/** What goes on now. */

import { h } from "../dom.js";

/** @type {import("../router.js").Page["open"]} */
export function open(root) {
  root.append(h("h1", {}, "Live"));
  return { title: "Live", close() {} };
}
