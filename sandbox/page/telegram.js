/**
 * The Telegram adapter: turns the sandbox's Bot API messages into the neutral view that a conversation shows, and a
 * person's deeds into acts of the control API. Another messenger is another module with the same shape.
 */
import { control } from "./control.js";

/** Content that is no file and has no text: how a quote and a notification name it. */
const KINDS = [
  "photo", "video", "animation", "voice", "video_note", "audio", "sticker", "document", "location", "contact",
];

function kindOf(message) {
  return KINDS.find((kind) => message[kind] !== undefined && message[kind] !== null) ?? null;
}

function forwardedFrom(origin) {
  if (!origin) return null;
  const user = origin.sender_user;
  const name = user ? [user.first_name, user.last_name].filter(Boolean).join(" ") : origin.sender_user_name;
  return name ?? origin.chat?.title ?? origin.sender_chat?.title ?? "?";
}

function quoteOf(message) {
  const original = message.reply_to_message;
  if (!original) return null;
  return {
    id: original.message_id,
    mine: original.from?.is_bot === false,
    text: message.quote?.text ?? shownText(original.text ?? original.caption ?? ""),
    kind: kindOf(original),
  };
}

function trackTitle(audio) {
  return [audio?.performer, audio?.title].filter(Boolean).join(" — ") || null;
}

function keyboardOf(message) {
  const styles = message.reply_markup?.inline_keyboard ?? [];
  return (message.keyboard ?? styles).map((row, rowIndex) =>
    row.map((button, column) => ({
      text: button.text,
      url: button.url ?? null,
      style: button.style ?? styles[rowIndex]?.[column]?.style ?? null,
      row: rowIndex,
      column,
    })),
  );
}

/** As the real app: a link's "/start <payload>" shows without the payload, which may be somebody's invite. */
function shownText(text) {
  return text.replace(/^(\/start)(?:@\w+)? \S+$/, "$1");
}

/** What a conversation shows of one message; `mine` is from the point of view of the person with the phone. */
function view(message) {
  const place = message.venue?.location ?? message.location ?? null;
  const person = message.contact ?? null;
  return {
    id: message.message_id,
    mine: !message.out,
    at: message.date * 1000,
    edited: Boolean(message.edited),
    deleted: Boolean(message.deleted),
    groupId: message.media_group_id ?? null,
    text: shownText(message.text ?? message.caption ?? ""),
    entities: message.entities ?? message.caption_entities ?? [],
    isCaption: message.text === undefined || message.text === null,
    kind: kindOf(message),
    quote: quoteOf(message),
    forwardedFrom: forwardedFrom(message.forward_origin),
    files: (message.files ?? []).map((file) => ({ ...file, title: trackTitle(message.audio) ?? file.name })),
    emoji: message.sticker?.emoji ?? null,
    place: place && {
      latitude: place.latitude,
      longitude: place.longitude,
      title: message.venue?.title ?? null,
      address: message.venue?.address ?? null,
    },
    person: person && {
      name: [person.first_name, person.last_name].filter(Boolean).join(" "),
      phone: person.phone_number,
    },
    keyboard: keyboardOf(message),
    reactions: (message.reactions ?? []).map(({ emoji, by }) => ({ emoji, mine: by === "user" })),
  };
}

const address = (chat) => ({ bot_id: chat.bot.id, user_id: chat.user.id });

async function act(chat, deed, file = null) {
  const { message } = await control.act({ ...address(chat), ...deed }, file);
  return message ? view(message) : null;
}

/** The chats of the state, as descriptors: a conversation is fed by one of these and nothing else. */
export function chatsOf(state) {
  const bots = new Map(state.bots.map((bot) => [bot.id, bot]));
  const users = new Map(state.users.map((user) => [user.id, user]));
  return state.chats
    .filter((chat) => bots.has(chat.bot_id) && users.has(chat.user_id))
    .map((chat) => ({
      messenger: "telegram",
      key: `telegram:${chat.bot_id}:${chat.user_id}`,
      bot: bots.get(chat.bot_id),
      user: users.get(chat.user_id),
      started: chat.started,
      blocked: chat.blocked,
    }));
}

export const telegram = {
  reactions: ["👍", "❤", "🔥", "👏", "😁", "🤔", "😢", "🙏"],
  samples: [
    "photo", "album", "document", "voice", "video", "video_note", "animation", "audio", "sticker", "location", "contact",
  ],

  /** An event of the stream in the conversation's terms. */
  event: (event) => ({ ...event, message: event.message ? view(event.message) : null }),

  async history(chat, before) {
    const { messages, more } = await control.history(chat.bot.id, chat.user.id, before);
    return { messages: messages.map(view), more };
  },

  start: (chat, payload = null) => act(chat, { do: "start", ...(payload ? { payload } : {}) }),
  text: (chat, text, replyTo) => act(chat, { do: "text", text, ...(replyTo ? { reply_to: replyTo } : {}) }),
  edit: (chat, id, isCaption, text) => act(chat, { do: "edit", message_id: id, [isCaption ? "caption" : "text"]: text }),
  react: (chat, id, emoji) => act(chat, { do: "react", message_id: id, emoji: emoji ?? "" }),
  remove: (chat, id) => act(chat, { do: "delete", message_id: id }),
  place: (chat, place) => act(chat, { do: "location", ...place }),
  person: (chat, person) => act(chat, { do: "contact", ...person }),
  setBlocked: (chat, blocked) => act(chat, { do: blocked ? "block" : "unblock" }),

  /** A file of a kind; the details (duration, size) are what a real app measures before it sends. */
  file(chat, kind, file, { caption = "", replyTo = null, groupId = null, details = {} } = {}) {
    return act(chat, {
      do: kind,
      ...(caption ? { caption } : {}),
      ...(replyTo ? { reply_to: replyTo } : {}),
      ...(groupId ? { media_group_id: groupId } : {}),
      ...details,
    }, file);
  },

  /**
   * Resolves when the bot has answered the press, or will not, to the address that its answer opens, or null. The
   * answer's words come as a toast event, to every window that shows this phone.
   */
  async press(chat, id, button) {
    const { url } = await control.act({
      ...address(chat), do: "press", message_id: id, row: button.row, column: button.column,
    });
    return url ?? null;
  },
};
