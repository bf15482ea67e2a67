/**
 * The Avito adapter: turns the sandbox's Avito messages into the neutral view that a conversation shows, and a buyer's
 * deeds into acts of the control API. A chat is about a listing, whose card stands above it. What the seller writes in
 * Avito's own app, and what Avito itself says, is done from here too.
 */
import { control } from "./control.js";
import { h } from "./dom.js";
import { t } from "./texts.js";
import { askWords } from "./vk.js";

const KINDS = { image: "photo", voice: "voice", location: "location", link: "link", call: "call", item: "item" };
const WITHOUT_CONTENT = { appCall: "app_call", video: "video", file: "document", deleted: "deleted" };
const THINGS = new Set(["voice", "link", "item", "call", "app_call", "video", "file"]);
const AVITO_ITSELF = 0;

/** What a message says in words; a picture, a voice and a place say nothing. */
function words({ type, author_id: author, content }) {
  const { text, link, item, call } = content;
  if (author === AVITO_ITSELF) return `${t("avito")}: ${text}`;
  if (link) return [link.text, link.preview?.title].filter(Boolean).join("\n");
  if (item) return `[${t("item")}: ${item.title}, ${item.price_string}]`;
  if (call) return `[${t(call.status === "missed" ? "missed-call" : "call")}]`;
  if (WITHOUT_CONTENT[type]) return `[${t(WITHOUT_CONTENT[type])}]`;
  return text ?? "";
}

function quoteOf({ quote, quoted }, chat) {
  if (!quote) return null;
  return { id: quoted, mine: quote.author_id === chat.user.id, text: words(quote), kind: KINDS[quote.type] ?? null };
}

function view(message, chat) {
  const place = message.content.location ?? null;
  return {
    id: message.number,
    mine: message.mine,
    at: message.created * 1000,
    edited: false,
    deleted: message.is_hidden,
    groupId: null,
    text: words(message),
    entities: [],
    isCaption: false,
    kind: KINDS[message.type] ?? null,
    quote: quoteOf(message, chat),
    forwardedFrom: null,
    files: message.files.map((file) => ({ ...file, title: file.name })),
    emoji: null,
    place: place && { latitude: place.lat, longitude: place.lon, title: place.title || null, address: null },
    person: null,
    keyboard: [],
    reactions: [],
  };
}

const address = (chat) => ({ messenger: "avito", place: chat.bot.id, user_id: chat.user.id });

async function act(chat, deed, files = []) {
  const { message } = await control.act({ ...address(chat), ...deed }, files);
  return message ? view(message, chat) : null;
}

/** The chats of the state, as descriptors: a conversation is fed by one of these and nothing else. */
export function avitoChatsOf(state) {
  const sellers = new Map(state.avito.sellers.map((seller) => [seller.id, seller]));
  const listings = new Map(state.avito.listings.map((listing) => [listing.id, listing]));
  const users = new Map(state.users.map((user) => [user.id, user]));
  return state.avito.chats
    .filter((chat) => users.has(chat.user_id))
    .map((chat) => {
      const seller = sellers.get(chat.seller_id);
      const listing = listings.get(chat.listing_id) ?? null;
      return {
        messenger: "avito",
        key: `avito:${chat.place}:${chat.user_id}`,
        bot: { id: chat.place, name: seller.name, username: seller.nick, description: listing?.title ?? "", color: "#00aaff" },
        user: users.get(chat.user_id),
        listing,
        started: true,
        blocked: chat.refused,
      };
    });
}

export const avito = {
  reactions: [],
  samples: ["photo", "voice", "location", "link", "item", "call", "app_call", "video", "file"],
  things: THINGS,
  words: {
    block: "avito-refuse", unblock: "avito-accept", "unblock-bot": "avito-accept", "blocked-state": "avito-refused",
    remove: "avito-remove",
  },
  handle: () => t("avito"),

  /** The listing that the chat is about. */
  banner: ({ listing }) => listing && h("div", { class: "listing", "data-listing": listing.id },
    h("img", { src: listing.picture, alt: "" }),
    h("span", { class: "track" },
      h("strong", { class: "name", text: listing.title }),
      h("span", { class: "price", text: listing.price }),
      h("span", { class: "city", text: listing.city }))),

  /** What else the phone's menu offers. */
  menu: (chat, run) => [
    {
      say: "avito-staff-answer", icon: "reply", data: { "data-staff-answer": "" },
      run: () => askWords("avito-staff-answer", (text) => run(() => act(chat, { do: "staff_answer", text }))),
    },
    {
      say: "avito-system", icon: "chat", data: { "data-system": "" },
      run: () => run(() => act(chat, { do: "system", text: "" })),
    },
  ],

  /** An event of the stream in the conversation's terms. */
  event: (event, chat) => ({ ...event, message: event.message ? view(event.message, chat) : null }),

  async history(chat, before) {
    const { messages, more } = await control.avitoChat(chat.bot.id, chat.user.id, before);
    return { messages: messages.map((message) => view(message, chat)), more };
  },

  text: (chat, text, replyTo) => act(chat, { do: "text", text, ...(replyTo ? { reply_to: replyTo } : {}) }),
  remove: (chat, id) => act(chat, { do: "delete", message_id: id }),
  place: (chat, place) => act(chat, { do: "location", ...place, title: t("location") }),
  thing: (chat, kind) => act(chat, { do: kind }),
  setBlocked: (chat, blocked) => act(chat, { do: blocked ? "refuse" : "accept" }),

  /** Each picture is a message of its own and has no caption: the words leave after them. Other files have no bytes. */
  async files(chat, files, { caption, replyTo }) {
    let message = null;
    for (const { kind, file } of files) {
      const deed = { photo: "photo", animation: "photo", video: "video" }[kind] ?? "file";
      message = await act(chat, { do: deed }, deed === "photo" ? [file] : []);
    }
    return caption ? avito.text(chat, caption, replyTo) : message;
  },
};
