/** Registers handlers for the channel table: the sender is checked, then the arguments, then the handler runs. */
import { ipcMain, type IpcMainEvent, type IpcMainInvokeEvent } from "electron";
import { isAppUrl } from "../policy/navigation.ts";
import { checkedArguments } from "./arguments.ts";
import { channels, droppedChannel, type ArgumentsOf, type ChannelName, type Reply, type ResultOf } from "./channels.ts";

/** @param window id of the BrowserWindow's WebContents that asked */
type Handler<Name extends ChannelName> = (window: number, ...args: ArgumentsOf<Name>) => ResultOf<Name> | Promise<ResultOf<Name>>;

export type Handlers = { [Name in ChannelName]: Handler<Name> };

/** Only the top frame of our own page may ask. */
function isTrusted(event: IpcMainInvokeEvent | IpcMainEvent, developmentUrl: string | null): boolean {
  const frame = event.senderFrame;
  return frame !== null && frame.parent === null && isAppUrl(frame.url, developmentUrl);
}

function describe(error: unknown): { name: string; message: string } {
  return error instanceof Error ? { name: error.name, message: error.message } : { name: "Error", message: String(error) };
}

async function reply<Name extends ChannelName>(
  name: Name,
  handler: Handler<Name>,
  window: number,
  args: unknown[],
): Promise<Reply<ResultOf<Name>>> {
  try {
    return { ok: true, value: await handler(window, ...checkedArguments(name, args)) };
  } catch (error) {
    return { ok: false, error: describe(error) };
  }
}

/** @param dropped hears which file a person has dropped onto a window */
export function handleAll(handlers: Handlers, dropped: (window: number, path: string) => void, developmentUrl: string | null): void {
  ipcMain.on(droppedChannel, (event, path: unknown) => {
    if (isTrusted(event, developmentUrl) && typeof path === "string") dropped(event.sender.id, path);
  });
  const register = <Name extends ChannelName>(name: Name) => {
    ipcMain.handle(`switchyard:${name}`, (event, ...args: unknown[]) => {
      if (!isTrusted(event, developmentUrl))
        return { ok: false, error: { name: "Error", message: `${name}: refused to a page that is not ours` } };
      return reply(name, handlers[name], event.sender.id, args);
    });
  };
  for (const name of Object.keys(channels) as ChannelName[]) register(name);
}
