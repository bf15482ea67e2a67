// Another visitor than before: the connection is begun anew as theirs.

import { forget } from "../state/conversation";
import type { User } from "../state/protocol";
import { put } from "../state/storage";
import { type Kept, session, setSession, setUser, storedSession, storeSession } from "../state/visitor";
import { start, stop } from "./connection";

function become(next: Kept | null, unsent = false): void {
  const isRunning = stop();
  setSession(next);
  forget(unsent);
  if (isRunning) void start();
}

// Whom the site says its visitor is; null: nobody.
export function identify(next: User | null): void {
  const before = session?.who;
  setUser(next);
  if (next?.id != before) {
    storeSession(null);
    become(null, !before);
  }
  if (next) put("profile", { name: next.name, phone: next.phone, email: next.email });
}

// Another tab may have changed who writes here.
export function adopt(): void {
  const kept = storedSession();
  if (kept?.visitor == session?.visitor) setSession(kept);
  else become(kept);
}
