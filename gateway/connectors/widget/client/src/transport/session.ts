// Begins and renews the session: the gateway is told whom the site says its visitor is, and gives tokens and the look.

import { forget } from "../state/conversation";
import { language } from "../state/language";
import type { Session } from "../state/protocol";
import { changed } from "../state/signals";
import { session, setAttended, setSession, setUser, storedSession, storeSession, user } from "../state/visitor";
import { post, type Problem } from "./http";

const LOOK_LASTS = 600_000;

let entering: Promise<void> | null;

// Begins or renews the session; `again` even if there is one.
export const enter = (again = false) => (entering ??= ask(again).finally(() => (entering = null)));

async function ask(again = false): Promise<void> {
  const kept = session;
  const asked = user;
  if (kept && !again && Date.now() - kept.at < LOOK_LASTS) return;
  const said: Session = await post("session", { token: kept?.renew, user: asked, language }).catch(
    (problem: Problem) => {
      if (session != kept) return session;
      if (problem.status == 401 && kept) setSession(null);
      else if (problem.error == "identity" && asked) {
        console.error("Open Lines:", problem.error);
        if (user == asked) setUser(null); // else the site has named another one meanwhile
      } else throw problem;
      return ask(true).then(() => session);
    },
  );
  if (!said) return;
  if (session != kept || user != asked) return ask(); // it was decided otherwise meanwhile
  setSession({ ...said, who: kept ? kept.who : asked?.id, at: Date.now() });
  setAttended(said.online);
  const former = storedSession();
  storeSession(session);
  if (former && former.visitor != said.visitor) forget(!former.who);
  changed.tell();
}
