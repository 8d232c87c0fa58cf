// @ts-check
/** Who are you? */

import { api } from "../api.js";
import { sentence } from "../dialog.js";
import { h, replace } from "../dom.js";

/**
 * Show the login page in the place of everything.
 * @param {HTMLElement} body
 * @param {(session: import("../api.js").Session) => void} entered
 */
export function openLogin(body, entered) {
  const problem = h("p", { class: "problem", role: "alert", id: "login-problem", hidden: true });
  const name = h("input", { name: "name", required: true, autocomplete: "username", autocapitalize: "none", spellcheck: "false" });
  const password = h("input", { name: "password", type: "password", required: true, autocomplete: "current-password" });
  const go = h("button", { type: "submit", class: "button primary" }, "Log in");
  const form = h(
    "form",
    { method: "post", "aria-labelledby": "login-title" },
    h("label", { class: "field" }, h("span", {}, "Name"), name),
    h("label", { class: "field" }, h("span", {}, "Password"), password),
    problem,
    go,
  );

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (go.disabled) return;
    go.disabled = true;
    try {
      entered(await api.login(name.value.trim(), password.value));
    } catch (error) {
      problem.textContent = told(error);
      problem.hidden = false;
      password.value = "";
      password.focus();
    } finally {
      go.disabled = false;
    }
  });

  replace(
    body,
    h(
      "main",
      { class: "login" },
      h("img", { src: "/dashboard/static/icon.svg", alt: "", width: 40, height: 40 }),
      h("h1", { id: "login-title" }, "Log in to ari_conf"),
      form,
      h(
        "p",
        { class: "hint" },
        "With an operator’s name and password, or an account’s SID and auth token, or the SID and secret of an API key. ",
        h("code", {}, "ari-conf account --show-token"),
        " shows an account’s.",
      ),
    ),
  );
  document.title = "Log in · ari_conf";
  name.focus();
}

/** @param {any} error */
function told(error) {
  if (error.status === 401) return "No operator, account or API key has this name and password.";
  if (error.status === 429) return `Too many attempts. Try again in ${error.retryAfter ?? 10} seconds.`;
  return sentence(error);
}
