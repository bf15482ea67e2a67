/**
 * One row of a conversation: a message, or the messages of one album. It only draws what it is given; every press is
 * handed to the conversation through `actions`.
 */
import { asPicture, h } from "./dom.js";
import { richText } from "./entities.js";
import { icon } from "./icons.js";
import { fileNode, personNode, placeNode } from "./media.js";
import { clock, day, t } from "./texts.js";

const BARE = new Set(["sticker", "video_note"]);
const TILES = new Set(["photo", "video", "animation"]);

/** Where the time stands: over a silent picture, beside a file or place, else after the text. */
function shapeOf(messages, hasText) {
  const kinds = messages.flatMap((message) => message.files.map((file) => file.kind));
  if (kinds.length > 0 && kinds.every((kind) => TILES.has(kind))) {
    return hasText || kinds.includes("video") ? "picture" : "picture textless";
  }
  if (kinds.length === 1 && BARE.has(kinds[0])) return "bare";
  return hasText ? "" : "wordless";
}

/** How a message is told in a quote or a bar above the composer: its text, else its kind. */
export function gist(message) {
  return message.text || (message.kind ? t(message.kind) : "…");
}

function quote(message, actions) {
  const { id, mine } = message.quote;
  return h("button", { type: "button", class: "quote", "data-quote": id, onclick: () => actions.goTo(id) },
    h("span", { class: "author", say: { text: () => actions.authorName(mine) } }),
    h("span", { class: "gist", say: { text: () => gist(message.quote) } }));
}

function meta(message) {
  return h("span", { class: "meta" },
    message.edited ? h("span", { "data-edited": true, say: { text: "edited" } }) : null,
    h("time", { datetime: new Date(message.at).toISOString(), say: { text: () => clock(message.at) } }),
    ticks(message));
}

/** Whether the other side has marked it as read, on a messenger that shows that: one tick or two. */
function ticks({ mine, read }) {
  if (!mine || read === undefined) return null;
  return h("span", { class: read ? "ticks read" : "ticks", "data-read": String(read), text: read ? "✓✓" : "✓", say: { title: read ? "read-mark" : "sent-mark" } });
}

function reactions(message, actions) {
  if (message.reactions.length === 0) return null;
  const chips = message.reactions.map(({ emoji, mine }) =>
    mine
      ? h("button", {
        type: "button", class: "reaction mine", text: asPicture(emoji), "data-reaction": emoji,
        say: { "aria-label": ["drop-reaction", { emoji }] }, onclick: () => actions.react(message, null),
      })
      : h("span", { class: "reaction", text: asPicture(emoji), "data-reaction": emoji, say: { title: "reaction-of-bot" } }));
  return h("div", { class: "reactions" }, chips);
}

function keyboard(message, actions) {
  if (message.keyboard.length === 0) return null;
  const rows = message.keyboard.map((row) =>
    h("div", { class: "keys" }, row.map((button) => {
      const node = h("button", {
        type: "button", class: `key ${button.style ?? ""}`, "data-button": `${button.row}:${button.column}`,
        onclick: () => actions.press(message, button, node),
      }, h("span", { text: button.text }), button.url ? icon("reply") : null);
      return node;
    })));
  return h("div", { class: "keyboard" }, rows);
}

function tools(message, actions) {
  const more = h("button", {
    type: "button", class: "tool", "data-more": true, "aria-haspopup": "menu", say: { "aria-label": "more", title: "more" },
    onclick: () => actions.openTools(message, more),
  }, icon("more"));
  return h("div", { class: "tools" },
    h("button", {
      type: "button", class: "tool", "data-reply": true, say: { "aria-label": "reply", title: "reply" },
      onclick: () => actions.startReply(message),
    }, icon("reply")),
    more);
}

function content(message) {
  const nodes = message.files.map(fileNode);
  if (message.place) nodes.push(placeNode(message.place));
  if (message.person) nodes.push(personNode(message.person));
  if (message.emoji && nodes.length === 0) nodes.push(h("span", { class: "huge", text: message.emoji }));
  return nodes;
}

function words(message, actions) {
  if (!message.text) return null;
  return h("div", { class: "text", dir: "auto", "data-text": true }, richText(message.text, message.entities, actions));
}

function single(message, actions) {
  const inside = content(message);
  const text = words(message, actions);
  if (inside.length === 0 && text === null) inside.push(h("em", { class: "text", say: { text: "unknown" } }));
  return h("div", { class: `balloon ${shapeOf([message], text !== null)}` },
    message.forwardedFrom
      ? h("div", { class: "forwarded", say: { text: ["forwarded", { name: message.forwardedFrom }] } })
      : null,
    message.quote ? quote(message, actions) : null,
    inside, text, reactions(message, actions), meta(message));
}

/** The messages of one album in one balloon: pictures as tiles, other files one under another. */
function album(messages, actions) {
  const areTiles = messages.every((message) => message.files.every((file) => TILES.has(file.kind)));
  const captioned = messages.filter((message) => message.text);
  const parts = messages.map((message) =>
    h("div", { class: "part", "data-message": message.id }, content(message), areTiles ? null : words(message, actions)));
  const grid = h("div", { class: `${areTiles ? "tiles" : "stack"} count-${Math.min(parts.length, 4)}` }, parts);
  const first = messages[0];
  return h("div", { class: `balloon ${shapeOf(messages, captioned.length > 0)}` },
    first.quote ? quote(first, actions) : null,
    grid,
    areTiles ? captioned.map((message) => words(message, actions)) : null,
    messages.map((message) => reactions(message, actions)),
    meta(messages.find((message) => message.edited) ?? messages.at(-1)));
}

/** The row of a message, or of several with one group id; the caller replaces it when any of them changes. */
export function bubble(messages, actions) {
  const first = messages[0];
  const isAlbum = messages.length > 1;
  const row = h("article", { class: `row ${first.mine ? "mine" : "theirs"}`, tabindex: "-1" },
    h("div", { class: "day", say: { text: () => day(first.at) } }),
    h("div", { class: "line" },
      h("div", { class: "column" },
        isAlbum ? album(messages, actions) : single(first, actions),
        keyboard(messages.at(-1), actions),
        tools(messages.find((message) => message.text) ?? first, actions))));
  row.dataset.day = new Date(first.at).toDateString();
  if (isAlbum) row.dataset.album = first.groupId;
  else row.dataset.message = first.id;
  return row;
}
