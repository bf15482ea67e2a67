// Bytes on their way: up with progress, down with the visitor's token into addresses that only this page can open.

import { forgotten } from "../state/conversation";
import type { FileOf } from "../state/protocol";
import { base } from "../state/script";
import { session } from "../state/visitor";
import { enter } from "./session";

export function send(key: string, file: File, progress: (share: number) => void): XMLHttpRequest {
  const request = new XMLHttpRequest();
  request.open("POST", base + "upload");
  request.responseType = "json";
  request.setRequestHeader("Authorization", "Bearer " + session!.token);
  request.setRequestHeader("X-Upload-Id", key);
  request.setRequestHeader("X-File-Name", encodeURIComponent(file.name.replace(/[\ud800-\udfff]/gu, "")));
  request.upload.onprogress = ({ loaded, total }) => progress(loaded / total);
  request.send(file);
  return request;
}

const fetched: Record<string, Promise<string>> = {};

// Only pictures and sound keep their type: an address of this page's own must never open as a document that runs.
export function address({ file, grant }: FileOf): Promise<string> {
  const bring = async (again?: boolean): Promise<string> => {
    const answer = await fetch(base + "file/" + encodeURIComponent(file), {
      headers: { Authorization: "Bearer " + session!.token, "X-File-Grant": grant },
    });
    if (answer.status == 401 && !again) return enter(true).then(() => bring(true));
    if (!answer.ok) throw answer.status;
    const blob = await answer.blob();
    const shown = /^(image\/(png|jpeg|gif|webp|avif)|(audio|video)\/[\w.+-]+)(;|$)/.test(blob.type);
    return URL.createObjectURL(shown ? blob : new Blob([blob], { type: "application/octet-stream" }));
  };
  const found = (fetched[file] ??= bring());
  found.catch(() => delete fetched[file]);
  return found;
}

// The addresses that were given out lead nowhere any more.
export function revoke(): void {
  for (const file of Object.keys(fetched)) {
    fetched[file]!.then(URL.revokeObjectURL, () => {});
    delete fetched[file];
  }
}

forgotten.on(revoke);
