import * as v from "valibot";
import { readSetting, writeSetting } from "./settings.ts";

const shape = v.object({ sidebar: v.boolean(), inspector: v.boolean(), tab: v.picklist(["outline", "gallery", "runs"]) });
type Remembered = v.InferOutput<typeof shape>;
export type SidebarTab = Remembered["tab"];

/** Which panes are open. Their sizes are remembered by the pane group itself. */
export class Layout {
  private remembered = $state<Remembered>(readSetting("layout", shape, { sidebar: true, inspector: false, tab: "gallery" }));

  get sidebar(): boolean {
    return this.remembered.sidebar;
  }

  get inspector(): boolean {
    return this.remembered.inspector;
  }

  get tab(): SidebarTab {
    return this.remembered.tab;
  }

  toggle(pane: "sidebar" | "inspector"): void {
    this.remember({ [pane]: !this.remembered[pane] });
  }

  show(pane: "sidebar" | "inspector"): void {
    this.remember({ [pane]: true });
  }

  showTab(tab: SidebarTab): void {
    this.remember({ tab, sidebar: true });
  }

  private remember(change: Partial<Remembered>): void {
    this.remembered = { ...this.remembered, ...change };
    writeSetting("layout", this.remembered);
  }
}
