// One request to the gateway, where no socket is needed.

import type { Outgoing } from "../state/protocol";
import { base } from "../state/script";
import { encode } from "../state/storage";

export type Problem = { status?: number; error?: string; retry_after?: number };

// Throws a Problem where the gateway refuses.
export async function post(path: string, body: Outgoing | object, seconds = 15): Promise<any> {
  // Text, so that no preflight is asked for; the token is in the body.
  const answer = await fetch(base + path, {
    method: "POST",
    body: encode(body),
    signal: AbortSignal.timeout(seconds * 1000),
  });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw { ...said, status: answer.status } as Problem;
  return said;
}
