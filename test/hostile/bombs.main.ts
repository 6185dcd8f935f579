import { Opener } from "./opener.ts";
import { bombs } from "./bombs.ts";
const only = process.argv[3];
const opener = new Opener(process.argv[2]);
for (const name of bombs.keys()) {
  if (only && !name.includes(only)) continue;
  const o = await opener.open(name, 6000);
  if (typeof o === "string") console.log(o.toUpperCase(), name);
  else if (o.threw) console.log("THROWS", name, Math.round(o.milliseconds), o.threw.slice(0, 100).replaceAll("\n", " "));
  else console.log(o.milliseconds > 800 ? "SLOW" : "ok", name, Math.round(o.milliseconds), JSON.stringify(o.parts), o.told.slice(0, 1).join("|"));
}
opener.close();
