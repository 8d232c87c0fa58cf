// @ts-check
// What became of a callback, in words. Pure.

/**
 * @typedef {object} Callback
 * @property {string} token @property {string} account_sid @property {string} kind @property {string} lane
 * @property {string | null} conference_sid @property {string | null} call_sid @property {string} event
 * @property {string} url @property {string} method @property {"owed" | "delivered" | "given-up"} state
 * @property {number} attempts @property {number} created_at @property {number | null} next_at
 * @property {number | null} ended_at @property {number | null} http_status @property {number | null} error_code
 * @property {string} error @property {number | null} seconds @property {Record<string, string>} [parameters]
 */

/** @param {number} count */
const times = (count) => (count === 1 ? "once" : count === 2 ? "twice" : `${count} times`);

/** @param {number} seconds */
export const exactly = (seconds) => (seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`);

/**
 * How a callback stands: its word and how it looks, and what there is to say.
 * @param {Callback} callback @param {number} now
 * @returns {{look: "good" | "wait" | "bad", word: string, more: string}}
 */
export function outcome(callback, now) {
  const { state, attempts, http_status: status, seconds, next_at: next } = callback;
  const answer = status === null ? "no answer" : String(status);
  if (state === "delivered") {
    const after = attempts > 1 ? `, at attempt ${attempts}` : "";
    return { look: "good", word: answer, more: (seconds === null ? "" : `in ${exactly(seconds)}`) + after };
  }
  if (state === "given-up") return { look: "bad", word: answer, more: `given up, tried ${times(attempts)}` };
  if (attempts === 0) return { look: "wait", word: "owed", more: "not tried yet" };
  const when = next === null || next <= now ? "next try now" : `next try in ${Math.ceil(next - now)} s`;
  return { look: "wait", word: answer, more: `tried ${times(attempts)}, ${when}` };
}
