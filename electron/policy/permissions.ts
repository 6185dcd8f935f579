/** What a page may ask the browser for. Anything not in the table is refused too. */

interface Rule {
  allowed: boolean;
  reason: string;
}

export const permissionRules: Record<string, Rule> = {
  "clipboard-sanitized-write": { allowed: true, reason: "copying a cell, a table or a figure" },
  "clipboard-read": { allowed: false, reason: "pasting goes through the paste event, which needs no permission" },
  media: { allowed: false, reason: "nothing records sound or pictures" },
  geolocation: { allowed: false, reason: "nothing depends on where the machine is" },
  notifications: { allowed: false, reason: "a finished study is announced in the window" },
  fileSystem: { allowed: false, reason: "files are picked through the app's own dialogs" },
  openExternal: { allowed: false, reason: "links leave through the navigation policy" },
  hid: { allowed: false, reason: "no devices" },
  serial: { allowed: false, reason: "no devices" },
  usb: { allowed: false, reason: "no devices" },
  midi: { allowed: false, reason: "no devices" },
  pointerLock: { allowed: false, reason: "nothing captures the mouse" },
  fullscreen: { allowed: false, reason: "the window menu does that" },
  "display-capture": { allowed: false, reason: "figures export themselves" },
};

export function isPermitted(permission: string): boolean {
  return Object.hasOwn(permissionRules, permission) && permissionRules[permission].allowed;
}
