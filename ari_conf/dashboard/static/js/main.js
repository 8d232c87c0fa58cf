// @ts-check
/** Begins: is somebody logged in? Then the frame with its pages, else the login page. */

import { api, onUnauthorized } from "./api.js";
import { sentence } from "./dialog.js";
import { h, replace } from "./dom.js";
import { Frame } from "./frame.js";
import { openLogin } from "./pages/login.js";

const LOGIN = "/dashboard/login";
const HOME = "/dashboard/";

/** @type {Frame | null} */
let frame = null;

/** Return where somebody wanted to go who had to log in first; never another site. */
function wanted() {
  const next = new URLSearchParams(location.search).get("next") ?? HOME;
  return next.startsWith(HOME) && !next.startsWith(LOGIN) ? next : HOME;
}

/** Lead to the login page, once: several requests may find at the same time that the session is over. */
function ended() {
  if (frame) login();
}

function login() {
  frame?.close();
  frame = null;
  const here = location.pathname + location.search;
  if (location.pathname !== LOGIN) history.replaceState(null, "", here === HOME ? LOGIN : `${LOGIN}?${new URLSearchParams({ next: here })}`);
  openLogin(document.body, (session) => enter(session, true));
}

/** @param {import("./api.js").Session} session @param {boolean} [focus] whether the page takes the focus, as the next one does */
function enter(session, focus = false) {
  if (location.pathname === LOGIN) history.replaceState(null, "", wanted());
  frame = new Frame(document.body, session, ended, focus);
}

async function begin() {
  onUnauthorized(ended);
  try {
    const session = await api.session();
    if (session) enter(session);
    else login();
  } catch (error) {
    const again = h("button", { type: "button", class: "button", onclick: () => location.reload() }, "Try again");
    replace(document.body, h("main", { class: "login" }, h("h1", {}, "ari_conf"), h("p", { role: "alert" }, sentence(error)), again));
  }
}

await begin();
