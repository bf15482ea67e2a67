/** How files leave: several at once as albums, and the ready samples made on the spot. What is sent is the caller's `send`. */
import { sampleDocument, samplePerson, samplePhoto, samplePlace, sampleRecording, sampleSticker } from "./samples.js";

const ALBUM_LIMIT = 10;

/** As Telegram's: a long number in a string. */
function newGroupId() {
  return `${Date.now()}${String(Math.floor(Math.random() * 1e4)).padStart(4, "0")}`;
}

/** Which files may stand in one album: pictures with films, others with their like; a GIF and a voice always alone. */
function familyOf({ kind }) {
  if (kind === "photo" || kind === "video") return "pictures";
  return kind === "document" || kind === "audio" ? kind : null;
}

function albumsOf(files) {
  const albums = [];
  for (const [family, members] of Map.groupBy(files, familyOf)) {
    const size = family === null ? 1 : ALBUM_LIMIT;
    for (let from = 0; from < members.length; from += size) albums.push(members.slice(from, from + size));
  }
  return albums;
}

/**
 * Sends `[{file, kind, details?}]` by `send(kind, file, options)`, which resolves to whether it worked; the caption
 * stands under the first. Resolves to whether all worked.
 */
export async function sendFiles(files, { caption = "", replyTo = null }, send) {
  const results = [];
  for (const album of albumsOf(files)) {
    const groupId = album.length > 1 ? newGroupId() : null;
    for (const { file, kind, details } of album) {
      results.push(send(kind, file, { caption: results.length === 0 ? caption : "", replyTo, groupId, details }));
    }
  }
  return (await Promise.all(results)).every(Boolean);
}

/** A ready sample by its name: `{place}`, `{person}` or `{files}` for `sendFiles`. */
export async function makeSample(name) {
  switch (name) {
    case "location": return { place: samplePlace };
    case "contact": return { person: samplePerson() };
    case "document": return { files: [{ kind: name, file: sampleDocument() }] };
    case "sticker": return { files: [{ kind: name, file: await sampleSticker() }] };
    case "photo": return { files: [{ kind: name, file: await samplePhoto() }] };
    case "album": {
      const photos = await Promise.all([samplePhoto(), samplePhoto(), samplePhoto()]);
      return { files: photos.map((file) => ({ kind: "photo", file })) };
    }
    default: return { files: [{ kind: name, ...(await sampleRecording(name)) }] };
  }
}
