// @ts-check
// TwiML cut into pieces to be coloured. Pure; any text is taken, and all pieces together are that text again.

/**
 * @typedef {"text" | "bracket" | "tag" | "attribute" | "value" | "comment" | "declaration"} TokenKind
 * @typedef {{kind: TokenKind, text: string}} Token
 */

/** What a document is made of outside its tags; the last one is a bracket that belongs to nothing. */
const MARKUP = /<!--[\s\S]*?(?:-->|$)|<!\[CDATA\[[\s\S]*?(?:\]\]>|$)|<[?!][\s\S]*?(?:>|$)|<\/?[^\s<>/"'=]+|</y;
/** What stands inside a tag. */
const INSIDE = /(?<space>\s+)|(?<end>\/?>)|(?<name>[^\s<>/"'=]+)|(?<equals>=)|(?<value>"[^"<]*"?|'[^'<]*'?)|(?<other>\/)/y;

/**
 * Cut a document into its pieces.
 * @param {string} text
 * @returns {Token[]}
 */
export function tokens(text) {
  /** @type {Token[]} */
  const found = [];
  let at = 0;
  while (at < text.length) {
    const next = text.indexOf("<", at);
    if (next !== at) {
      const end = next < 0 ? text.length : next;
      found.push({ kind: "text", text: text.slice(at, end) });
      at = end;
      continue;
    }
    MARKUP.lastIndex = at;
    const piece = MARKUP.exec(text)?.[0] ?? "<";
    at += piece.length;
    if (piece.startsWith("<!--")) found.push({ kind: "comment", text: piece });
    else if (piece.startsWith("<![CDATA[")) found.push({ kind: "text", text: piece });
    else if (/^<[?!]/.test(piece)) found.push({ kind: "declaration", text: piece });
    else at = tag(text, piece, at, found);
  }
  return found;
}

/**
 * Add the pieces of a tag that begins with `opening`, and return where it ends.
 * @param {string} text @param {string} opening @param {number} at @param {Token[]} found
 */
function tag(text, opening, at, found) {
  const bracket = opening.startsWith("</") ? "</" : "<";
  found.push({ kind: "bracket", text: bracket });
  if (opening.length > bracket.length) found.push({ kind: "tag", text: opening.slice(bracket.length) });
  for (;;) {
    INSIDE.lastIndex = at;
    const match = INSIDE.exec(text);
    if (match === null) return at;
    at += match[0].length;
    const { end, name, value } = match.groups ?? {};
    if (name !== undefined) found.push({ kind: "attribute", text: name });
    else if (value !== undefined) found.push({ kind: "value", text: value });
    else found.push({ kind: match.groups?.space === undefined ? "bracket" : "text", text: match[0] });
    if (end !== undefined) return at;
  }
}
