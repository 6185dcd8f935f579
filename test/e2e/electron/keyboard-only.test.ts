import { keyboardOnly } from "../shared/keyboard-only.ts";
import { electronHost } from "../support/hosts.ts";

keyboardOnly(electronHost);
