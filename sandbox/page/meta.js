/**
 * What the phones of WhatsApp and Instagram have in common: the neutral view of a message, acts, and the deeds past the
 * API. Meta's ids are long words; the page counts by the sandbox's own numbers and keeps the words for the acts.
 */
import { control } from "./control.js";
import { h } from "./dom.js";
import { t } from "./texts.js";
import { askWords } from "./vk.js";

const HOUR_MS = 3600 * 1000;
const KINDS = { image: "photo", document: "document", application: "document", text: "document", file: "document" };
const names = new Map(); // account and number → Meta's id

const idOf = (chat, number) => names.get(`${chat.bot.id}:${number}`) ?? "";

const NAMED = new Set([
  "photo", "video", "audio", "voice", "document", "sticker", "location", "contacts", "order", "unsupported",
  "story_mention", "share", "ig_reel", "ig_post", "like_heart", "ephemeral",
]); // what a quote can tell of that has no words

/** How the page calls a kind of file; Meta's are families of media types. */
export const kindOf = (kind) => KINDS[kind] ?? kind;

/** A message as a conversation shows it; `words` gives the text of what has none, `place` where it is about. */
export function view(message, accountId, { words = () => null, place = null } = {}) {
  names.set(`${accountId}:${message.seq}`, message.id);
  const files = message.files.map((file) => ({ ...file, kind: message.kind === "sticker" ? "sticker" : kindOf(file.kind), title: file.name }));
  return {
    id: message.seq,
    mine: !message.out,
    at: message.at,
    edited: message.is_edited,
    deleted: message.is_deleted,
    groupId: null,
    text: words(message) ?? message.text,
    entities: [],
    isCaption: files.length > 0,
    kind: files[0]?.kind ?? null,
    quote: message.quote && quoteOf(message.quote),
    forwardedFrom: null,
    files,
    emoji: null,
    place,
    person: null,
    keyboard: message.buttons.map(({ title, url }, index) => [{ text: title, url: url ?? null, style: null, row: index, column: 0 }]),
    reactions: message.reactions,
  };
}

function quoteOf({ seq: id, mine, text, kind }) {
  const name = kind === "text" ? null : kindOf(kind);
  return { id, mine, text, kind: NAMED.has(name) ? name : null };
}

/** Asks how long ago something was written, and what; nothing happens when it is left. */
function askAgo(use) {
  const hours = h("input", { type: "number", min: "0", max: "200", step: "0.1", value: "23.9", required: true, "data-hours": true, say: { "aria-label": "hours-ago" } });
  const text = h("textarea", { rows: "3", required: true, "data-ago-text": true, say: { "aria-label": "write" } });
  ask("written-ago", [h("label", { class: "hours" }, h("span", { say: { text: "hours-ago" } }), hours), text], () => use(Number(hours.value), text.value));
}

/** Asks by how many hours the sandbox's clock goes ahead. */
function askHours(use) {
  const hours = h("input", { type: "number", min: "0", max: "200", step: "0.1", value: "1", required: true, "data-hours": true, say: { "aria-label": "hours" } });
  ask("move-clock", [h("label", { class: "hours" }, h("span", { say: { text: "hours" } }), hours), h("p", { class: "hint", say: { text: "move-clock-hint" } })], () => use(Number(hours.value)));
}

function ask(title, fields, use) {
  const dialog = h("dialog", { class: "ask", "data-ask": true, say: { "aria-label": title } },
    h("form", { method: "dialog", onsubmit: use },
      h("strong", { say: { text: title } }), ...fields,
      h("div", { class: "buttons" },
        h("button", { type: "button", onclick: () => dialog.close(), say: { text: "cancel" } }),
        h("button", { type: "submit", class: "primary", "data-ask-send": true, say: { text: "do-it" } }))));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/** The dialogs of one messenger, as descriptors: a conversation is fed by one of these and nothing else. */
export function chatsOf(state, messenger, color, describe) {
  const accounts = new Map(state.meta.accounts.map((account) => [account.id, account]));
  const users = new Map(state.users.map((user) => [user.id, user]));
  return state.meta.dialogs
    .filter((dialog) => dialog.messenger === messenger && users.has(dialog.user_id))
    .map((dialog) => {
      const account = accounts.get(dialog.account_id);
      return {
        messenger,
        key: `${messenger}:${account.id}:${dialog.user_id}`,
        bot: { id: account.id, name: account.name, description: describe(account), username: account.username, color },
        user: users.get(dialog.user_id),
        started: true,
        blocked: dialog.blocked,
      };
    });
}

/** What both adapters do alike; `see` is the messenger's own view. */
export function adapterOf(messenger, see) {
  const act = async (chat, deed, files = []) => {
    const { message } = await control.act({ messenger, account_id: chat.bot.id, user_id: chat.user.id, ...deed }, files);
    return message ? see(message, chat.bot.id) : null;
  };
  const answering = (chat, replyTo) => (replyTo ? { reply_to: idOf(chat, replyTo) } : {});
  return {
    act,
    answering,
    words: { unblock: "unblock-business", block: "block-business", "unblock-bot": "unblock-business", "blocked-state": "business-blocked" },

    /** What else the phone's menu offers: what happens past the API, and time. */
    menu: (chat, run) => [
      {
        say: `staff-${messenger}`, icon: "reply", data: { "data-staff-answer": "" },
        run: () => askWords(`staff-${messenger}`, (text) => run(() => act(chat, { do: "staff_answer", text }))),
      },
      {
        say: "written-ago", icon: "edit", data: { "data-written-ago": "" },
        run: () => askAgo((hours, text) => run(() => act(chat, { do: "text", text, hours_ago: hours }))),
      },
      {
        say: "move-clock", icon: "reply", data: { "data-move-clock": "" },
        run: () => askHours((hours) => run(async () => { await control.advanceClock(hours * HOUR_MS); return null; })),
      },
    ],

    /** An event of the stream in the conversation's terms. */
    event: (event) => (event.message ? { ...event, message_id: event.message.seq, message: see(event.message, event.bot_id) } : event),

    async history(chat, before) {
      const { messages, more } = await control.metaDialog(chat.bot.id, chat.user.id, before);
      return { messages: messages.map((one) => see(one, chat.bot.id)), more };
    },

    text: (chat, text, replyTo) => act(chat, { do: "text", text, ...answering(chat, replyTo) }),
    edit: (chat, id, _isCaption, text) => act(chat, { do: "edit", message_id: idOf(chat, id), text }),
    react: (chat, id, emoji) => act(chat, { do: "react", message_id: idOf(chat, id), emoji: emoji ?? "" }),
    remove: (chat, id) => act(chat, { do: "delete", message_id: idOf(chat, id) }),
    setBlocked: (chat, blocked) => act(chat, { do: blocked ? "block" : "unblock" }),

    async press(chat, id, button) {
      await act(chat, { do: "press", message_id: idOf(chat, id), index: button.row });
      return null;
    },
  };
}

/** What something without words is, in square brackets. */
export const bracketed = (name) => `[${t(name)}]`;
