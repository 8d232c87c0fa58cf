// @ts-check
/** Somebody is to coach another: heard by that one alone, hearing all. */

import { ask, toast } from "../dialog.js";
import { h } from "../dom.js";
import { isCalled, nameOf } from "../rooms.js";
import { change } from "./deeds.js";

/**
 * Ask whom a participant is to coach.
 * @param {import("../rooms.js").Room} room
 * @param {import("../rooms.js").Participant} person
 */
export async function coach(room, person) {
  const others = [...room.people.values()].filter((one) => one !== person && !isCalled(one) && !one.coaching);
  if (!others.length) {
    toast("Nobody else is here who could be coached.", "bad");
    return;
  }
  const whom = h("select", { name: "whom" }, ...others.map((one) => h("option", { value: one.call_sid }, nameOf(one))));
  const done = await ask({
    title: `${nameOf(person)} coaches`,
    body: [h("label", { class: "field" }, h("span", {}, "Whom"), whom), h("p", { class: "hint" }, "Who coaches hears everybody, and is heard by this one alone.")],
    action: "Coach",
    submit: () => change(room, person, { Coaching: true, CallSidToCoach: whom.value }),
  });
  const target = others.find((one) => one.call_sid === whom.value);
  if (done && target) toast(`${nameOf(person)} coaches ${nameOf(target)}.`);
}
