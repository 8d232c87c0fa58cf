// @ts-check
/** The colour scheme: as the system has it, or as somebody has chosen in this browser. */

import { h } from "./dom.js";

const KEPT = "ari_conf.theme";

/** @typedef {"auto" | "light" | "dark"} Theme */

/** @returns {Theme} */
function chosen() {
  const kept = localStorage.getItem(KEPT);
  return kept === "light" || kept === "dark" ? kept : "auto";
}

/** @param {Theme} theme */
function choose(theme) {
  if (theme === "auto") {
    localStorage.removeItem(KEPT);
    delete document.documentElement.dataset.theme;
  } else {
    localStorage.setItem(KEPT, theme);
    document.documentElement.dataset.theme = theme;
  }
}

/**
 * Make the control that chooses.
 * @returns {HTMLElement}
 */
export function themeSwitch() {
  const select = h(
    "select",
    { onchange: (/** @type {Event} */ event) => choose(/** @type {Theme} */ (/** @type {HTMLSelectElement} */ (event.target).value)) },
    h("option", { value: "auto" }, "As the system"),
    h("option", { value: "light" }, "Light"),
    h("option", { value: "dark" }, "Dark"),
  );
  select.value = chosen();
  return h("label", { class: "theme-switch" }, h("span", {}, "Colours"), select);
}
