const ESC = "\u001b";
/** A colour or style (ECMA-48, SGR), or any other C0, C1 or DEL but line feed and tab. */
const CONTROL = new RegExp(`${ESC}\\[([0-9;]*)m|(?![\\n\\t])\\p{Cc}`, "gu");
/** Colours by number or by red, green and blue: what follows 38 or 48 is no style of its own. */
const EXTENDED = /(^|;)[34]8;(5;\d*|2;\d*;\d*;\d*)(?=;|$)/g;
/** Blinking and concealed. */
const UNWANTED = /(^|;)0*[568](?=;|$)/;
const RESET = `${ESC}[0m`;

/**
 * Text that may come from a container, an image or a remote answer, as a terminal may have it: control characters are spelled out
 * (`\u001b`), so that none moves the cursor, sets the title or answers for the user. Colours stay where `colours` are shown,
 * and end with the text; elsewhere they are taken out. `\u001b[31mred` → `\u001b[31mred\u001b[0m` or `red`.
 */
export function harmless(text: string, colours: boolean): string {
  let open = false;
  const shown = text.replace(/\r+(?=\n|$)/g, "").replace(CONTROL, (found: string, style: string | undefined) => {
    if (style === undefined) return `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`;
    if (!colours || UNWANTED.test(style.replace(EXTENDED, ""))) return "";
    open = !/^0*$/.test(style);
    return found;
  });
  return open ? `${shown}${RESET}` : shown;
}

/** JSON spells C0 out by itself; DEL and C1 mean the same spelled out. */
export const harmlessJson = (text: string): string =>
  text.replace(/[\u007f-\u009f]/g, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`);
