/** The menu: items come from the page's registry of actions as data; main adds what only the system can do. */
import type { MenuItemConstructorOptions } from "electron";
import type { MenuDescription } from "./ipc/channels.ts";

export interface MenuOptions {
  platform: NodeJS.Platform;
  /** adds the developer tools */
  development: boolean;
}

const editRoles: MenuItemConstructorOptions[] = [
  { type: "separator" },
  { role: "cut" },
  { role: "copy" },
  { role: "paste" },
  { role: "selectAll" },
];

function viewRoles(development: boolean): MenuItemConstructorOptions[] {
  const zoom: MenuItemConstructorOptions[] = [
    { type: "separator" },
    { role: "resetZoom" },
    { role: "zoomIn" },
    { role: "zoomOut" },
    { role: "togglefullscreen" },
  ];
  return development ? [...zoom, { role: "toggleDevTools" }] : zoom;
}

export function menuTemplate(
  menus: readonly MenuDescription[],
  choose: (actionId: string) => void,
  { platform, development }: MenuOptions,
): MenuItemConstructorOptions[] {
  const template: MenuItemConstructorOptions[] = menus.map(({ label, items }) => {
    const submenu = items.flatMap((item): MenuItemConstructorOptions[] => {
      const entry: MenuItemConstructorOptions = {
        id: item.id,
        label: item.label,
        enabled: item.enabled,
        // Shown, not registered: the page handles its keys, which depend on where the focus is.
        registerAccelerator: false,
        click: () => choose(item.id),
      };
      if (item.accelerator !== null) entry.accelerator = item.accelerator;
      return item.separated ? [{ type: "separator" }, entry] : [entry];
    });
    if (label === "Edit") submenu.push(...editRoles);
    if (label === "View") submenu.push(...viewRoles(development));
    if (label === "File") submenu.push({ type: "separator" }, platform === "darwin" ? { role: "close" } : { role: "quit" });
    return { label, submenu };
  });
  if (platform === "darwin") template.unshift({ role: "appMenu" });
  const help = template.findIndex((menu) => menu.label === "Help");
  template.splice(help === -1 ? template.length : help, 0, { role: "windowMenu" });
  return template;
}
