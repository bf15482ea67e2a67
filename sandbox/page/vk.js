/**
 * The VK adapter: turns the sandbox's VK messages into the neutral view that a conversation shows, and a person's deeds
 * into acts of the control API. What the community's staff writes in VK's own interface is done from here too.
 */
import { control } from "./control.js";
import { h } from "./dom.js";
import { t } from "./texts.js";

/** VK's reactions by their ids, the first of which is 1. */
const REACTIONS = ["❤", "🔥", "😂", "👍", "💩", "❓", "😭", "😡", "👎", "👌", "😄", "🤔", "🙏", "😘", "😍", "🎉"];
const FILE_KINDS = { photo: "photo", doc: "document", audio_message: "voice", graffiti: "photo", picture: "photo" };
const THINGS = new Set(["video", "audio", "sticker", "link", "wall", "market", "gift"]);
const BUTTON_STYLES = { positive: "success", negative: "danger", primary: "primary" };

/** An attachment that is no file, in words. */
function thingLine({ type, [type]: thing }) {
  if (!THINGS.has(type)) return null;
  const name = thing.title ?? thing.text ?? thing.url ?? "";
  return `[${t(type)}${name ? `: ${name}` : ""}]`;
}

function words(message) {
  const things = message.attachments.map(thingLine).filter(Boolean);
  const forwarded = (message.fwd_messages ?? []).map(({ text }) => `» ${text || "…"}`);
  return [message.text, ...things, ...forwarded].filter(Boolean).join("\n");
}

function kindOf(message) {
  const type = message.attachments?.[0]?.type;
  return message.geo ? "location" : FILE_KINDS[type] ?? (THINGS.has(type) ? type : null);
}

function quoteOf({ reply_message: original }) {
  if (!original) return null;
  return { id: original.id, mine: original.from_id > 0, text: original.text, kind: kindOf(original) };
}

/** Buttons of the message itself; below the newest one also those of the keyboard under the input. */
function keyboardOf(message) {
  const keyboard = message.keyboard ?? message.below;
  return (keyboard?.buttons ?? []).map((row, rowIndex) => row.map(({ action, color }, column) => ({
    text: action.label ?? t("location"),
    url: action.type === "open_link" ? action.link : null,
    style: BUTTON_STYLES[color] ?? null,
    row: rowIndex,
    column,
    isBelow: !message.keyboard,
  })));
}

function view(message) {
  const place = message.geo?.coordinates ?? null;
  return {
    id: message.id,
    mine: message.out === 0,
    at: message.date * 1000,
    edited: message.is_edited,
    deleted: message.is_deleted,
    groupId: null,
    text: words(message),
    entities: [],
    isCaption: message.attachments.length > 0,
    kind: kindOf(message),
    quote: quoteOf(message),
    forwardedFrom: null,
    files: message.files.map((file) => ({ ...file, kind: FILE_KINDS[file.kind], title: file.name })),
    emoji: null,
    place: place && { ...place, title: message.geo.place?.title ?? null, address: null },
    person: null,
    keyboard: keyboardOf(message),
    reactions: message.put.map(({ reaction_id: id, mine }) => ({ emoji: REACTIONS[id - 1], mine })),
  };
}

const address = (chat) => ({ messenger: "vk", community_id: chat.bot.id, user_id: chat.user.id });

async function act(chat, deed, files = []) {
  const { message } = await control.act({ ...address(chat), ...deed }, files);
  return message ? view(message) : null;
}

const answering = (replyTo) => (replyTo ? { reply_to: replyTo } : {});

/** Asks for words and does something with them; nothing happens when none are given. */
export function askWords(title, use) {
  const input = h("textarea", { rows: "3", required: true, "data-staff-text": true, say: { "aria-label": title } });
  const dialog = h("dialog", { class: "ask", "data-ask": true, say: { "aria-label": title } },
    h("form", { method: "dialog", onsubmit: () => input.value.trim() && use(input.value) },
      h("strong", { say: { text: title } }), input,
      h("div", { class: "buttons" },
        h("button", { type: "button", onclick: () => dialog.close(), say: { text: "cancel" } }),
        h("button", { type: "submit", class: "primary", "data-staff-send": true, say: { text: "send" } }))));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/** The dialogs of the state, as descriptors: a conversation is fed by one of these and nothing else. */
export function dialogsOf(state) {
  const communities = new Map(state.vk.communities.map((community) => [community.id, community]));
  const users = new Map(state.users.map((user) => [user.id, user]));
  return state.vk.dialogs
    .filter((dialog) => communities.has(dialog.community_id) && users.has(dialog.user_id))
    .map((dialog) => {
      const { id, name, description, screen_name: username } = communities.get(dialog.community_id);
      return {
        messenger: "vk",
        key: `vk:${id}:${dialog.user_id}`,
        bot: { id, name, description, username, color: "#0077ff" },
        user: users.get(dialog.user_id),
        started: true,
        blocked: dialog.denied,
      };
    });
}

export const vk = {
  reactions: [REACTIONS[3], REACTIONS[0], REACTIONS[1], REACTIONS[2], REACTIONS[11], REACTIONS[12], REACTIONS[6], REACTIONS[15]],
  samples: ["photo", "album", "document", "voice", "video", "audio", "sticker", "location", "link", "wall", "market", "gift"],
  things: THINGS,
  words: { block: "deny-messages", unblock: "allow-messages", "unblock-bot": "allow-messages", "blocked-state": "messages-denied" },
  handle: (bot) => `vk.com/${bot.username}`,

  /** What else the phone's menu offers. */
  menu: (chat, run) => [{
    say: "staff-answer", icon: "reply", data: { "data-staff-answer": "" },
    run: () => askWords("staff-answer", (text) => run(() => act(chat, { do: "staff_answer", text }))),
  }],

  /** An event of the stream in the conversation's terms. */
  event: (event) => ({ ...event, message: event.message ? view(event.message) : null }),

  async history(chat, before) {
    const { messages, more } = await control.dialog(chat.bot.id, chat.user.id, before);
    return { messages: messages.map(view), more };
  },

  text: (chat, text, replyTo) => act(chat, { do: "text", text, ...answering(replyTo) }),
  edit: (chat, id, _isCaption, text) => act(chat, { do: "edit", message_id: id, text }),
  react: (chat, id, emoji) => act(chat, { do: "react", message_id: id, reaction_id: emoji ? REACTIONS.indexOf(emoji) + 1 : null }),
  remove: (chat, id) => act(chat, { do: "delete", message_id: id }),
  place: (chat, place) => act(chat, { do: "location", ...place }),
  thing: (chat, kind) => act(chat, { do: kind }),
  setBlocked: (chat, blocked) => act(chat, { do: blocked ? "deny" : "allow" }),

  /** Pictures leave as one message, other files each as its own; the caption stands under the first. */
  async files(chat, files, { caption, replyTo }) {
    const photos = files.filter(({ kind }) => kind === "photo");
    const others = files.filter(({ kind }) => kind !== "photo").map((one) => [one]);
    let message = null;
    for (const [index, group] of [photos, ...others].filter(({ length }) => length > 0).entries()) {
      const kind = ["photo", "voice"].includes(group[0].kind) ? group[0].kind : "document";
      const first = index === 0 ? { ...answering(replyTo), ...(caption ? { caption } : {}) } : {};
      const duration = group[0].details?.duration;
      message = await act(chat, { do: kind, ...first, ...(duration ? { duration } : {}) }, group.map(({ file }) => file));
    }
    return message;
  },

  /** Resolves when the community has answered the press, or will not, to the address that its answer opens, or null. */
  async press(chat, id, button) {
    const { url } = await control.act({
      ...address(chat), do: "press", message_id: button.isBelow ? 0 : id, row: button.row, column: button.column,
    });
    return url ?? null;
  },
};
