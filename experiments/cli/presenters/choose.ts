import { barPresenter } from "./bars.ts";
import { jsonPresenter } from "./json.ts";
import { plainPresenter } from "./plain.ts";
import type { Presenter } from "./presenter.ts";

export function presenterFor({ json }: { json: boolean }): Presenter {
  if (json) return jsonPresenter();
  return process.stdout.isTTY ? barPresenter() : plainPresenter();
}
