// @ts-check
/** Questions in a dialog, and outcomes in a corner. */

import { h } from "./dom.js";
import { icon } from "./icons.js";

const TOAST_SECONDS = 6;

/**
 * Ask before something is done.
 * @param {{title: string, text?: string, action: string, danger?: boolean}} question `action` is what the button says
 * @returns {Promise<boolean>} whether it is to be done
 */
export function confirm({ title, text = "", action, danger = false }) {
  return ask({ title, body: text ? [h("p", {}, text)] : [], action, danger, submit: async () => {} });
}

/**
 * Ask for more than yes or no. The dialog stays, with the reason, while `submit` throws.
 * @param {{title: string, body: Node[], action: string, danger?: boolean, submit: (form: FormData) => Promise<void>}} question
 * @returns {Promise<boolean>} whether it was submitted
 */
export function ask({ title, body, action, danger = false, submit }) {
  return new Promise((resolve) => {
    const id = `dialog-${crypto.getRandomValues(new Uint32Array(1))[0]}`;
    const problem = h("p", { class: "problem", role: "alert", hidden: true });
    // The first of the buttons, so that who presses Enter without reading has changed nothing.
    const cancel = h("button", { type: "button", class: "button", onclick: () => dialog.close() }, "Cancel");
    const go = h("button", { type: "submit", class: ["button", danger ? "danger" : "primary"] }, action);
    const form = h(
      "form",
      { method: "dialog" },
      h("h2", { id }, title),
      h("div", { class: "dialog-body" }, ...body),
      problem,
      h("div", { class: "dialog-actions" }, cancel, go),
    );
    const dialog = h("dialog", { class: "dialog", "aria-labelledby": id }, form);
    let submitted = false;

    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (go.disabled) return;
      go.disabled = true;
      problem.hidden = true;
      try {
        await submit(new FormData(form));
        submitted = true;
        dialog.close();
      } catch (error) {
        problem.textContent = sentence(error);
        problem.hidden = false;
      } finally {
        go.disabled = false;
      }
    });
    // Not on click: who selects words and lets go of the mouse outside has clicked on what is around both places.
    dialog.addEventListener("pointerdown", (event) => event.target === dialog && dialog.close());
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(submitted);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Close what is being asked, undone: whoever has gone to another page does not answer it any more. */
export function closeDialogs() {
  for (const dialog of document.querySelectorAll("dialog")) dialog.close();
}

/**
 * Return what went wrong as a sentence.
 * @param {unknown} error
 */
export function sentence(error) {
  const said = error instanceof Error ? error.message : String(error);
  return /[.!?]$/.test(said) ? said : `${said}.`;
}

/** @type {HTMLElement | null} */
let corner = null;

/** Make the place where outcomes are shown; screen readers hear what is put into it. */
export function toastCorner() {
  corner = h("div", { class: "toasts", role: "status", "aria-live": "polite", "aria-atomic": "false", "aria-label": "Outcomes" });
  return corner;
}

/**
 * Show an outcome. Good ones go by themselves, bad ones when they are closed.
 * @param {string} message
 * @param {"good" | "bad"} [kind]
 */
export function toast(message, kind = "good") {
  const close = () => {
    clearTimeout(timer);
    shown.remove();
  };
  const shown = h(
    "div",
    { class: ["toast", kind] },
    icon(kind === "good" ? "tick" : "alarm"),
    h("p", {}, h("span", { class: "visually-hidden" }, kind === "bad" ? "Failed: " : ""), message),
    h("button", { type: "button", class: "icon-button", "aria-label": "Close", onclick: close }, icon("close")),
  );
  const timer = kind === "good" ? setTimeout(close, TOAST_SECONDS * 1000) : undefined;
  corner?.append(shown);
}
