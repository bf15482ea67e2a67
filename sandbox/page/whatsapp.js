/** The WhatsApp adapter: what a person's phone can do there, and how the messenger's own kinds look. */
import { adapterOf, bracketed, chatsOf, view } from "./meta.js";

const KINDS = { photo: "image", animation: "video", video_note: "video" };
const WORDLESS = new Set(["order", "unsupported", "contacts"]);

function words(message) {
  if (WORDLESS.has(message.kind)) return [bracketed(message.kind), message.text].filter(Boolean).join(" ");
  return null;
}

function see(message, accountId) {
  const { latitude, longitude, name: title = null, address = null } = message.content;
  const place = message.kind === "location" ? { latitude, longitude, title, address } : null;
  return view(message, accountId, { words, place });
}

const base = adapterOf("whatsapp", see);

export const whatsappChatsOf = (state) => chatsOf(state, "whatsapp", "#128c4b", ({ phone }) => `+${phone}`);

export const whatsapp = {
  ...base,
  reactions: ["👍", "❤", "😂", "😮", "😢", "🙏", "🔥", "🎉"],
  samples: ["photo", "album", "document", "voice", "video", "audio", "sticker", "location", "contact", "order", "unsupported"],
  things: new Set(["order", "unsupported"]),
  handle: (account) => `wa.me/${account.description.slice(1)}`,
  place: (chat, place) => base.act(chat, { do: "location", ...place }),
  person: (chat, person) => base.act(chat, { do: "contact", name: person.first_name, phone: person.phone_number }),
  thing: (chat, kind) => base.act(chat, { do: kind }),

  /** Each file is a message of its own; the caption stands under the first. */
  async files(chat, files, { caption, replyTo }) {
    let message = null;
    for (const [index, { file, kind }] of files.entries()) {
      const first = index === 0 ? { ...base.answering(chat, replyTo), ...(caption ? { caption } : {}) } : {};
      message = await base.act(chat, { do: KINDS[kind] ?? kind, ...first }, [file]);
    }
    return message;
  },
};
