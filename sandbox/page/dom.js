/**
 * Builds elements. Data only ever becomes text nodes and attributes here, never markup, so a message cannot bring
 * a script with it; addresses taken from messages must pass `safeUrl` first.
 */
import { say } from "./texts.js";

const SAFE_SCHEMES = new Set(["http:", "https:", "mailto:", "tel:", "tg:"]);

/** An element with properties and children: `onclick` and the like are listeners, `say` is a translated text. */
export function h(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "say") say(node, value);
    else if (name === "text") node.textContent = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** The address if a press on it may leave the page (web, mail, phone, Telegram), else null. */
export function safeUrl(address) {
  try {
    const url = new URL(address);
    return SAFE_SCHEMES.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** Where a link of Telegram's leads: `{username, payload}` of a bot, or null for any other address. */
export function botLink(address) {
  try {
    const url = new URL(address);
    const isTelegram = url.protocol === "https:" && (url.hostname === "t.me" || url.hostname === "telegram.me");
    const username = url.pathname.slice(1);
    return isTelegram && /^\w{5,32}$/.test(username) ? { username, payload: url.searchParams.get("start") } : null;
  } catch {
    return null;
  }
}

/** Some emoji (❤) are drawn as black text unless a variation selector asks for the picture. */
export function asPicture(emoji) {
  return /^\p{Emoji_Presentation}/u.test(emoji) ? emoji : `${emoji}\uFE0F`;
}

const PALETTE = ["#e17076", "#7bc862", "#e5a64e", "#65aadd", "#a695e7", "#ee7aae", "#6ec9cb"];

/** A round picture with initials; `person` has `id`, `name` and perhaps its own `color`. */
export function avatar(person, size = "") {
  const initials = person.name.match(/\p{L}+/gu)?.slice(0, 2).map((word) => word[0].toUpperCase()).join("") ?? "?";
  const node = h("span", { class: `avatar ${size}`, "aria-hidden": "true", text: initials });
  const own = person.color && CSS.supports("color", person.color) ? person.color : null;
  node.style.setProperty("--tint", own ?? PALETTE[Math.abs(Number(person.id)) % PALETTE.length]);
  return node;
}
