/** Sessions that speak to nobody: no dictionary is fetched, no request leaves, whatever a page asks for. */
import { app, type Session } from "electron";
import { mayRequest } from "./policy/network.ts";
import { isPermitted } from "./policy/permissions.ts";

export function quieten(session: Session, developmentUrl: string | null): void {
  session.setSpellCheckerEnabled(false);
  // The list decides what Chromium downloads, used or not; on macOS the system's own checker has no list.
  if (process.platform !== "darwin") session.setSpellCheckerLanguages([]);
  session.webRequest.onBeforeRequest(({ url }, decide) => decide({ cancel: !mayRequest(url, developmentUrl) }));
  session.setPermissionRequestHandler((_contents, permission, answer) => answer(isPermitted(permission)));
  session.setPermissionCheckHandler((_contents, permission) => isPermitted(permission));
  session.on("will-download", (event) => event.preventDefault());
}

/** Also those that are made later; a session that prints adds its own, narrower rule. */
export function quietenAll(developmentUrl: string | null): void {
  app.on("session-created", (session) => quieten(session, developmentUrl));
}
