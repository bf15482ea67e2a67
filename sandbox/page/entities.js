/**
 * A text with entities as nodes. Offsets count UTF-16 units, as JavaScript's own strings do; entities may nest, and
 * ones that overlap without nesting are cut where the outer one ends.
 */
import { botLink, h, safeUrl } from "./dom.js";

const TAGS = {
  bold: "strong",
  italic: "em",
  underline: "u",
  strikethrough: "s",
  code: "code",
  blockquote: "blockquote",
  expandable_blockquote: "blockquote",
};

const BLOCKS = new Set(["pre", "blockquote", "expandable_blockquote"]);

function link(address, inside, actions) {
  const url = safeUrl(address);
  if (url === null) return h("span", {}, inside);
  const bot = botLink(url);
  const press = (event) => {
    if (bot !== null && actions.openBot(bot)) event.preventDefault();
  };
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer", onclick: press }, inside);
}

function spoiler(inside) {
  const reveal = (event) => {
    if (event.type === "keydown" && event.key !== "Enter" && event.key !== " ") return;
    if (!node.classList.contains("hidden")) return;
    event.preventDefault();
    node.classList.remove("hidden");
    node.removeAttribute("role");
    node.removeAttribute("tabindex");
    node.removeAttribute("aria-label");
  };
  const node = h("span", { class: "spoiler hidden", role: "button", tabindex: "0", "data-spoiler": true }, inside);
  node.addEventListener("click", reveal);
  node.addEventListener("keydown", reveal);
  return node;
}

function wrap(entity, source, inside, actions) {
  const { type } = entity;
  if (type in TAGS) return h(TAGS[type], {}, inside);
  if (type === "pre") return h("pre", { "data-language": entity.language }, h("code", {}, inside));
  if (type === "spoiler") return spoiler(inside);
  if (type === "text_link") return link(entity.url, inside, actions);
  if (type === "url") return link(/^[a-z][a-z\d+.-]*:/i.test(source) ? source : `https://${source}`, inside, actions);
  if (type === "email") return link(`mailto:${source}`, inside, actions);
  if (type === "phone_number") return link(`tel:${source.replace(/[^\d+]/g, "")}`, inside, actions);
  if (type === "bot_command") {
    return h("button", { type: "button", class: "inline-link", onclick: () => actions.sendCommand(source) }, inside);
  }
  if (["mention", "text_mention", "hashtag", "cashtag"].includes(type)) return h("span", { class: "tag" }, inside);
  return h("span", {}, inside); // custom_emoji and whatever comes later: its text stays readable
}

function nodesBetween(text, entities, from, to, actions) {
  const nodes = [];
  let at = from;
  for (let index = 0; index < entities.length; index += 1) {
    const entity = entities[index];
    const end = Math.min(entity.offset + entity.length, to);
    if (entity.offset < at || entity.offset >= to || end <= entity.offset) continue;
    if (entity.offset > at) nodes.push(text.slice(at, entity.offset));
    const inside = nodesBetween(text, entities.slice(index + 1), entity.offset, end, actions);
    nodes.push(wrap(entity, text.slice(entity.offset, end), inside, actions));
    at = BLOCKS.has(entity.type) && text[end] === "\n" ? end + 1 : end; // a block ends its line itself
  }
  if (at < to) nodes.push(text.slice(at, to));
  return nodes;
}

/**
 * The nodes of a text; `actions` has `sendCommand(text)` for "/start" and the like, and `openBot({username, payload})`
 * for links to bots, which says whether it knew the bot.
 */
export function richText(text, entities, actions) {
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  return nodesBetween(text, sorted, 0, text.length, actions);
}
