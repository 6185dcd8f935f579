/** In a thread of its own: the tests of this process change prototypes themselves. */
import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";

const module = new URL("../../engine/closed-prototypes.ts", import.meta.url).pathname;
const strip = new URL("../runs/strip-types.mjs", import.meta.url).href;

/** What a program says that runs after prototypes were closed. */
const after = (program: string): unknown =>
  JSON.parse(
    execFileSync(
      process.execPath,
      ["--no-warnings", "--import", strip, "--input-type=module", "-e", `import ${JSON.stringify(module)};\n${program}`],
      { encoding: "utf8" },
    ),
  );

const changes = [
  "Object.prototype.polluted = 1",
  "({}).__proto__.polluted = 1",
  "({}).constructor.prototype.polluted = 1",
  "[].constructor.prototype.polluted = 1",
  "Function.prototype.polluted = 1",
  "Object.defineProperty(Object.prototype, 'polluted', { value: 1 })",
  "Object.prototype.toString = () => 'x'",
  "delete Object.prototype.toString",
  "Object.setPrototypeOf(Object.prototype, { polluted: 1 })",
];

describe("what all objects share", () => {
  test("is not changed in any of these ways, each a TypeError", () => {
    const tried = changes.map((change) => `try { ${change}; say.push(null); } catch (error) { say.push(error instanceof TypeError); }`);
    expect(
      after(`const say = []; ${tried.join("\n")}\nsay.push(({}).polluted ?? null, String({})); console.log(JSON.stringify(say));`),
    ).toEqual([...changes.map(() => true), null, "[object Object]"]);
  });

  test("can still be told otherwise for an object, a class, a function's prototype and an instance", () => {
    const program = `
      "use strict";
      const own = {}; own.toString = () => "own"; own.constructor = 3;
      function Old() {} Old.prototype.toString = function () { return "old"; }; Old.prototype.constructor = Old;
      const instance = Object.create(Old.prototype); instance.valueOf = () => 7;
      class New { toString() { return "new"; } }
      const record = {}; for (const name of ["constructor", "hasOwnProperty", "valueOf"]) record[name] = name;
      console.log(JSON.stringify([String(own), own.constructor, String(new Old()), instance + 1, String(new New()), Object.keys(record), ({}).hasOwnProperty("x"), [1, 2].map((x) => x + 1), { ...record }.constructor, structuredClone({ a: [1] })]));`;
    expect(after(program)).toEqual([
      "own",
      3,
      "old",
      8,
      "new",
      ["constructor", "hasOwnProperty", "valueOf"],
      false,
      [2, 3],
      "constructor",
      { a: [1] },
    ]);
  });
});
