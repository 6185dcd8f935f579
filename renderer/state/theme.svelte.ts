import * as v from "valibot";
import { readSetting, writeSetting } from "./settings.ts";

const choices = ["system", "light", "dark"] as const;
export type ThemeChoice = (typeof choices)[number];

/** Light, dark, or as the system has it. Styles follow `data-theme` of the root; figures ask for `resolved`. */
export class Theme {
  choice = $state<ThemeChoice>(readSetting("theme", v.picklist(choices), "system"));
  private system = $state<"light" | "dark">("light");

  constructor() {
    const query = matchMedia("(prefers-color-scheme: dark)");
    const follow = () => (this.system = query.matches ? "dark" : "light");
    follow();
    query.addEventListener("change", follow);
    this.apply();
  }

  get resolved(): "light" | "dark" {
    return this.choice === "system" ? this.system : this.choice;
  }

  choose(choice: ThemeChoice): void {
    this.choice = choice;
    writeSetting("theme", choice);
    this.apply();
  }

  private apply(): void {
    document.documentElement.dataset.theme = this.choice;
  }
}
