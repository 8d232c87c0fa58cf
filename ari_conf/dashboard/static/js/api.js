// @ts-check
/** Requests to the controller. */

/**
 * @typedef {object} Session
 * @property {string} name
 * @property {"operator" | "read-only"} role
 * @property {string[]} accounts never empty
 * @property {boolean} all_accounts
 * @property {string} csrf
 * @property {number} expires_at
 * @property {string} version
 */

/** A request that was refused, or was not answered (`status` 0). `message` is a sentence for whoever has asked. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {number | null} code
   * @param {string} message
   * @param {number | null} [retryAfter] seconds
   */
  constructor(status, code, message, retryAfter = null) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

const SAFE = ["GET", "HEAD"];

let csrf = "";
/** @type {() => void} */
let unauthorized = () => {};

/**
 * Say what happens when the session is over.
 * @param {() => void} then
 */
export function onUnauthorized(then) {
  unauthorized = then;
}

/**
 * @param {string} method
 * @param {string} url
 * @param {BodyInit | undefined} body
 * @param {Record<string, string>} [headers]
 * @returns {Promise<any>}
 */
async function request(method, url, body, headers = {}) {
  if (!SAFE.includes(method) && csrf) headers["X-CSRF-Token"] = csrf;
  let answer;
  try {
    answer = await fetch(url, { method, body, headers, credentials: "same-origin" });
  } catch {
    throw new ApiError(0, null, "The controller does not answer. Look whether it runs and whether this network is up.");
  }
  if (answer.ok) return answer.status === 204 ? null : answer.json();
  throw await refusal(answer);
}

/** @param {Response} answer @returns {Promise<ApiError>} */
async function refusal(answer) {
  const retryAfter = Number(answer.headers.get("Retry-After")) || null;
  try {
    const { code, message } = await answer.json();
    return new ApiError(answer.status, code, message, retryAfter);
  } catch {
    // A proxy on the way answers with pages of its own.
    return new ApiError(answer.status, null, `The request was answered with status ${answer.status}.`, retryAfter);
  }
}

/**
 * As `request`, and leads to the login page when the session is over.
 * @type {typeof request}
 */
async function inSession(method, url, body, headers) {
  try {
    return await request(method, url, body, headers);
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) unauthorized();
    throw error;
  }
}

/** @param {Session} session */
function begun(session) {
  csrf = session.csrf;
  return session;
}

export const api = {
  /**
   * Return the session; null if nobody is logged in.
   * @returns {Promise<Session | null>}
   */
  async session() {
    try {
      return begun(await request("GET", "/dashboard/api/session", undefined));
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return null;
      throw error;
    }
  },

  /**
   * @param {string} name an operator's, an account SID or an API key SID
   * @param {string} password or auth token, or secret
   * @returns {Promise<Session>}
   */
  async login(name, password) {
    const body = JSON.stringify({ name, password });
    return begun(await request("POST", "/dashboard/api/session", body, { "Content-Type": "application/json" }));
  },

  /** @returns {Promise<void>} */
  async logout() {
    await request("DELETE", "/dashboard/api/session", undefined);
    csrf = "";
  },

  /**
   * @param {string} path below /dashboard/api, such as "/search?q=x"
   * @returns {Promise<any>}
   */
  get: (path) => inSession("GET", `/dashboard/api${path}`, undefined),

  /**
   * Ask the REST API. `form` is the query of a GET, else the body; what is null or undefined in it is left out.
   * @param {string} account its SID
   * @param {"GET" | "POST" | "DELETE"} method
   * @param {string} path such as "/Conferences/CF….json"; names in it are percent-encoded by the caller
   * @param {Record<string, string | number | boolean | null | undefined>} [form]
   * @returns {Promise<any>} the JSON; null for an empty answer
   */
  rest(account, method, path, form = {}) {
    const fields = new URLSearchParams();
    for (const [name, value] of Object.entries(form)) if (value !== null && value !== undefined) fields.append(name, String(value));
    const url = `/dashboard/rest/Accounts/${account}${path}`;
    if (method !== "GET") return inSession(method, url, method === "POST" ? fields : undefined);
    return inSession(method, fields.size ? `${url}?${fields}` : url, undefined);
  },

  /**
   * Upload a sound file for an announcement.
   * @param {string} account its SID
   * @param {File} file
   * @returns {Promise<{sound: string, seconds: number}>}
   */
  sound: (account, file) =>
    inSession("POST", `/dashboard/api/sounds?account=${account}`, file, { "Content-Type": file.type || "audio/wav" }),
};
