/** Chromium switches that the app sets before it is ready. */

/**
 * Nothing leaves this machine: no names are looked up (a development server's excepted), no proxy is searched for, and
 * what Chromium would fetch for itself (components, dictionaries, field trials) is off.
 */
function quiet(developmentHost: string | null): Switch[] {
  return [
    { name: "disable-background-networking" },
    { name: "disable-component-update" },
    { name: "disable-domain-reliability" },
    { name: "disable-sync" },
    { name: "no-pings" },
    { name: "no-proxy-server" },
    { name: "host-resolver-rules", value: `MAP * ~NOTFOUND${developmentHost === null ? "" : `, EXCLUDE ${developmentHost}`}` },
    { name: "force-webrtc-ip-handling-policy", value: "disable_non_proxied_udp" },
  ];
}

export interface Switch {
  name: string;
  value?: string;
}

export interface SwitchInput {
  platform: NodeJS.Platform;
  /** value of an `--enable-features` that was already on the command line, or "" */
  enabledFeatures: string;
  /** tests on machines without a GPU ask for Chromium's own software adapter */
  softwareWebGpu: boolean;
  /** of the development server; null: there is none */
  developmentHost: string | null;
}

/** `enable-features` counts only once per command line, so all features go into one merged list. */
export function mergeFeatures(...lists: string[]): string {
  return [...new Set(lists.flatMap((list) => list.split(",")).filter(Boolean))].join(",");
}

/**
 * Linux needs two switches for WebGPU at all; elsewhere it is on. A study goes on at full speed while its window is
 * hidden or covered, hence no throttling of background windows.
 */
export function switchesFor({ platform, enabledFeatures, softwareWebGpu, developmentHost }: SwitchInput): Switch[] {
  const switches: Switch[] = [
    { name: "disable-renderer-backgrounding" },
    { name: "disable-background-timer-throttling" },
    ...quiet(developmentHost),
  ];
  if (platform === "linux") {
    switches.push({ name: "enable-unsafe-webgpu" });
    switches.push({ name: "enable-features", value: mergeFeatures(enabledFeatures, "Vulkan") });
  }
  if (softwareWebGpu) {
    switches.push({ name: "use-vulkan", value: "swiftshader" }, { name: "use-webgpu-adapter", value: "swiftshader" });
  }
  return switches;
}
