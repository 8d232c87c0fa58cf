// @ts-check
/** Queues, and who waits in them since when. */

import { api } from "../api.js";
import { sentence } from "../dialog.js";
import { attribute, h, keyed, replace, text } from "../dom.js";
import { counted, duration, phone, shortSid } from "../format.js";
import { accountOf, accountPicker } from "../rest_list.js";

export const styles = ["details.css", "lists.css"];

/** How often queues are looked at, in milliseconds. */
const LOOK_EVERY = 3000;
/** As many members of a queue are shown. */
const SHOWN = 100;

/** @typedef {{queue: any, members: any[]}} Seen */

/** @type {import("../router.js").Page["open"]} */
export async function open(root, _params, context) {
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  const empty = h("div", { class: "empty", hidden: true }, h("p", {}, "There are no queues. A call that runs <Enqueue> makes one."));
  const list = h("div", { class: "queues" });
  /** @type {Map<string, Promise<string>>} who calls, by Call SID */
  const callers = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let closed = false;

  async function look() {
    clearTimeout(timer);
    const account = accountOf(context);
    try {
      const { queues } = await api.rest(account, "GET", "/Queues.json", { PageSize: 200 });
      const seen = await Promise.all(queues.map((/** @type {any} */ queue) => membersOf(account, queue)));
      if (closed) return;
      empty.hidden = seen.length > 0;
      keyed(list, seen, ({ queue }) => queue.sid, newQueue, (node, one) => update(node, one, account));
      problem.hidden = true;
    } catch (error) {
      text(problem, sentence(error));
      problem.hidden = false;
    }
    if (!closed) timer = setTimeout(look, LOOK_EVERY);
  }

  /** @param {HTMLElement} node @param {Seen} seen @param {string} account */
  function update(node, { queue, members }, account) {
    const [count, rows] = [node.querySelector(".queue-count"), node.querySelector("ol")];
    if (count === null || rows === null) return;
    text(count, `${counted(queue.current_size, "caller")} of ${queue.max_size} at most, ${duration(queue.average_wait_time)} on average`);
    keyed(rows, members, (member) => member.call_sid, (member) => newMember(member, caller(account, member.call_sid)), updateMember);
  }

  /** @param {string} account @param {string} sid */
  function caller(account, sid) {
    let asked = callers.get(sid);
    if (asked === undefined) {
      asked = api.rest(account, "GET", `/Calls/${sid}.json`).then((call) => phone(call.from), () => shortSid(sid));
      callers.set(sid, asked);
    }
    return asked;
  }

  root.append(h("h1", {}, "Queues"), h("div", { class: "list-head" }, accountPicker(context, look)), problem, empty, list);
  await look();
  return {
    title: "Queues",
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

/** @param {string} account @param {any} queue @returns {Promise<Seen>} */
async function membersOf(account, queue) {
  if (queue.current_size === 0) return { queue, members: [] };
  const { queue_members: members } = await api.rest(account, "GET", `/Queues/${queue.sid}/Members.json`, { PageSize: SHOWN });
  return { queue, members };
}

/** @param {Seen} seen */
const newQueue = ({ queue }) =>
  h(
    "section",
    { class: "card queue" },
    h("div", { class: "queue-head" }, h("h2", {}, h("bdi", {}, queue.friendly_name)), h("p", { class: "queue-count soft" })),
    h("ol", { class: "rows", "aria-label": `Who waits in ${queue.friendly_name}` }),
  );

/** @param {any} member @param {Promise<string>} caller */
function newMember(member, caller) {
  const name = h("a", { class: "row-main", href: `/dashboard/calls/${member.call_sid}` }, shortSid(member.call_sid));
  caller.then((words) => replace(name, h("bdi", {}, words)));
  return h("li", { class: "row" }, h("span", { class: "place" }), name, h("span", { class: "row-state" }));
}

/** @param {HTMLElement} node @param {any} member */
function updateMember(node, member) {
  const [place, , waits] = node.children;
  text(place, `${member.position}.`);
  text(waits, `waits ${duration(member.wait_time)}`);
  attribute(waits, "title", `since ${member.date_enqueued}`);
}
