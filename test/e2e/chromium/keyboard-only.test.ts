import { keyboardOnly } from "../shared/keyboard-only.ts";
import { chromiumHost } from "../support/hosts.ts";

keyboardOnly(chromiumHost);
