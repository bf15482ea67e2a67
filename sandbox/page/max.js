/**
 * The MAX adapter: turns the sandbox's MAX messages into the neutral view that a conversation shows, and a person's
 * deeds into acts of the control API. What is lost past the API, a subscription, is lost from here too.
 */
import { control } from "./control.js";
import { t } from "./texts.js";

/** MAX's markup in the page's own terms; what has no such term stays plain. */
const MARKUP = {
  strong: "bold", emphasized: "italic", monospaced: "code", strikethrough: "strikethrough", underline: "underline",
  quote: "blockquote", heading: "bold", link: "text_link",
};
const NAMED = new Set(["photo", "video", "audio", "voice", "document", "sticker", "location", "contact"]);
const PICTURES = new Set(["photo", "video", "animation", "video_note"]);
const BUTTON_STYLES = { positive: "success", negative: "danger" };
const PHONE = /^TEL[^:]*:(.*)$/m;
const FULL_NAME = /^FN:(.*)$/m;

/** What an attachment without bytes says in words; a place and a contact are drawn. */
function thingLine({ type, payload, title }) {
  if (type === "share") return [`[${t("link")}${title ? `: ${title}` : ""}]`, payload.url].join("\n");
  return type === "sticker" ? `[${t("sticker")}]` : null;
}

function placeOf(things) {
  const place = things.find(({ type }) => type === "location");
  return place ? { latitude: place.latitude, longitude: place.longitude, title: null, address: null } : null;
}

function personOf(things) {
  const card = things.find(({ type }) => type === "contact")?.payload.vcf_info;
  if (!card) return null;
  const phone = card.match(PHONE)?.[1].trim() ?? "";
  return { name: card.match(FULL_NAME)?.[1].trim() ?? "", phone: phone && `+${phone}` };
}

function kindOf({ files, things }) {
  const kind = files[0]?.kind ?? things[0]?.type ?? null;
  return NAMED.has(kind) ? kind : null;
}

function quoteOf({ quote }) {
  if (!quote) return null;
  return { id: quote.number ?? 0, mine: quote.mine, text: quote.text, kind: NAMED.has(quote.kind) ? quote.kind : null };
}

function words(message) {
  const passedOn = message.forward && (message.forward.text || `[${t(NAMED.has(message.forward.kind) ? message.forward.kind : "file")}]`);
  return [message.text, passedOn, ...message.things.map(thingLine)].filter(Boolean).join("\n");
}

function entitiesOf({ markup }) {
  return markup
    .filter(({ type }) => type in MARKUP)
    .map(({ type, from, length, url }) => ({ type: MARKUP[type], offset: from, length, ...(url ? { url } : {}) }));
}

function keyboardOf({ keyboard }) {
  return (keyboard ?? []).map((row, rowIndex) => row.map((button, column) => ({
    text: button.text,
    url: button.type === "link" ? button.url : null,
    style: BUTTON_STYLES[button.intent] ?? null,
    row: rowIndex,
    column,
  })));
}

function view(message) {
  return {
    id: message.number,
    mine: message.mine,
    at: message.at,
    edited: message.is_edited,
    deleted: message.is_deleted,
    groupId: null,
    text: words(message),
    entities: entitiesOf(message),
    isCaption: message.files.length > 0,
    kind: kindOf(message),
    quote: quoteOf(message),
    forwardedFrom: message.forward?.name ?? null,
    files: message.files.map((file) => ({ ...file, title: file.name })),
    emoji: null,
    place: placeOf(message.things),
    person: personOf(message.things),
    keyboard: keyboardOf(message),
    reactions: [],
    read: message.is_read,
  };
}

const address = (chat) => ({ messenger: "max", bot_id: chat.bot.id, user_id: chat.user.id });

async function act(chat, deed, files = []) {
  const { message } = await control.act({ ...address(chat), ...deed }, files);
  return message ? view(message) : null;
}

const answering = (replyTo) => (replyTo ? { reply_to: replyTo } : {});

/** The dialogs of the state, as descriptors: a conversation is fed by one of these and nothing else. */
export function maxChatsOf(state) {
  const bots = new Map(state.max.bots.map((bot) => [bot.id, bot]));
  const users = new Map(state.users.map((user) => [user.id, user]));
  return state.max.dialogs
    .filter((dialog) => bots.has(dialog.bot_id) && users.has(dialog.user_id))
    .map((dialog) => {
      const { id, name, description, username, commands } = bots.get(dialog.bot_id);
      return {
        messenger: "max",
        key: `max:${id}:${dialog.user_id}`,
        bot: {
          id, name, description, username, color: "#7d4bff",
          commands: commands.map((one) => ({ command: one.name, description: one.description ?? "" })),
        },
        user: users.get(dialog.user_id),
        started: dialog.started,
        blocked: dialog.stopped,
        muted: dialog.muted,
      };
    });
}

export const max = {
  reactions: [],
  samples: ["photo", "album", "document", "voice", "video", "audio", "sticker", "location", "contact", "link", "max-forward"],
  things: new Set(["link", "max-forward"]),
  words: {
    block: "max-stop", unblock: "max-start-again", "unblock-bot": "max-start-again", "blocked-state": "max-stopped", remove: "max-remove",
  },
  handle: (bot) => `max.ru/${bot.username}`,

  /** What else the phone's menu offers. */
  menu: (chat, run) => [
    chat.muted
      ? { say: "max-unmute", icon: "check", data: { "data-unmute": "" }, run: () => run(() => act(chat, { do: "unmute" })) }
      : { say: "max-mute", icon: "block", data: { "data-mute": "" }, run: () => run(() => act(chat, { do: "mute" })) },
    { say: "max-clear", icon: "trash", data: { "data-clear": "" }, run: () => run(() => act(chat, { do: "clear" })) },
    { say: "max-unsubscribe", icon: "faults", data: { "data-unsubscribe": "" }, run: () => run(() => act(chat, { do: "unsubscribe" })) },
  ],

  /** An event of the stream in the conversation's terms. */
  event: (event) => ({ ...event, message: event.message ? view(event.message) : null }),

  async history(chat, before) {
    const { messages, more } = await control.maxDialog(chat.bot.id, chat.user.id, before);
    return { messages: messages.map(view), more };
  },

  start: (chat, payload = null) => act(chat, { do: "start", ...(payload ? { payload } : {}) }),
  text: (chat, text, replyTo) => act(chat, { do: "text", text, ...answering(replyTo) }),
  edit: (chat, id, _isCaption, text) => act(chat, { do: "edit", message_id: id, text }),
  remove: (chat, id) => act(chat, { do: "delete", message_id: id }),
  place: (chat, place) => act(chat, { do: "location", ...place }),
  person: (chat, person) => act(chat, { do: "contact", name: person.first_name, phone: person.phone_number }),
  thing: (chat, kind) => act(chat, { do: kind === "link" ? "share" : "forward" }),
  setBlocked: (chat, blocked) => act(chat, { do: blocked ? "stop" : "start" }),

  /** Pictures and films leave as one message, other files each as its own; the caption stands under the first. */
  async files(chat, files, { caption, replyTo }) {
    const pictures = files.filter(({ kind }) => PICTURES.has(kind));
    const others = files.filter(({ kind }) => !PICTURES.has(kind)).map((one) => [one]);
    let message = null;
    for (const [index, group] of [pictures, ...others].filter(({ length }) => length > 0).entries()) {
      const first = index === 0 ? { ...answering(replyTo), ...(caption ? { caption } : {}) } : {};
      const duration = group[0].details?.duration;
      const kind = PICTURES.has(group[0].kind) ? "photo" : group[0].kind;
      message = await act(chat, { do: kind, ...first, ...(duration ? { duration } : {}) }, group.map(({ file }) => file));
    }
    return message;
  },

  /** Resolves at once: a bot's answer comes as a change of the message or as a toast. */
  async press(chat, id, button) {
    const { url } = await control.act({ ...address(chat), do: "press", message_id: id, row: button.row, column: button.column });
    return url ?? null;
  },
};
