/** The Instagram adapter: what a person's phone can do there, and how the messenger's own kinds look. */
import { adapterOf, bracketed, chatsOf, view } from "./meta.js";
import { samplePhoto, sampleRecording } from "./samples.js";

const THINGS = new Set(["story_mention", "story_reply", "share", "ig_reel", "like_heart"]);
const WORDLESS = new Set([...THINGS, "ephemeral", "unsupported", "ig_post"]);

/** The picture or film that a thing of Instagram's shows; a like has none. */
async function filesOf(kind) {
  if (kind === "like_heart") return [];
  return [kind === "ig_reel" ? (await sampleRecording("video")).file : await samplePhoto()];
}

const words = (message) => {
  if (message.extra.reply_to?.story) return `${bracketed("story_reply")} ${message.text}`;
  return WORDLESS.has(message.kind) ? bracketed(message.kind) : null;
};
const see = (message, accountId) => view(message, accountId, { words });
const base = adapterOf("instagram", see);

export const instagramChatsOf = (state) => chatsOf(state, "instagram", "#c13584", ({ username }) => `@${username}`);

export const instagram = {
  ...base,
  reactions: ["❤", "😂", "😮", "😢", "😠", "👍"],
  samples: ["photo", "album", "video", "audio", "document", ...THINGS],
  things: THINGS,
  handle: (account) => `@${account.username}`,
  thing: async (chat, kind) => base.act(chat, { do: kind }, await filesOf(kind)),

  /** Files are one message, and words another. */
  async files(chat, files, { caption, replyTo }) {
    const message = await base.act(chat, { do: "file", ...base.answering(chat, replyTo) }, files.map(({ file }) => file));
    return caption ? base.text(chat, caption, null) : message;
  },
};
