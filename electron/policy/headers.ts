/**
 * Response headers of the `app://` scheme. Cross-origin isolation (COOP, COEP) gives workers shared memory and exact
 * timers; it holds only when every response, worker scripts included, carries the headers.
 */

/** What the page and its workers may do. 'wasm-unsafe-eval' is for compiling WebAssembly, Monaco needs inline styles and blob workers. */
const pagePolicy = {
  "default-src": "'none'",
  "script-src": "'self' 'wasm-unsafe-eval'",
  "style-src": "'self' 'unsafe-inline'",
  "img-src": "'self' data: blob:",
  "font-src": "'self' data:",
  "worker-src": "'self' blob:",
  "connect-src": "'self'",
  "base-uri": "'none'",
  "form-action": "'none'",
  "frame-ancestors": "'none'",
};

/** The cell kernel runs what somebody else may have written: no requests, no workers, nothing but its own code. */
const kernelPolicy = {
  "default-src": "'none'",
  "script-src": "'self' 'wasm-unsafe-eval'",
  "connect-src": "'none'",
  "worker-src": "'none'",
};

/** A report on its way to a PDF: what it shows it carries. */
const printPolicy = {
  "default-src": "'none'",
  "style-src": "'unsafe-inline'",
  "img-src": "data:",
  "font-src": "data:",
  "base-uri": "'none'",
  "form-action": "'none'",
  "frame-ancestors": "'none'",
  sandbox: "",
};

const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
};

function serialise(policy: Record<string, string>): string {
  return Object.entries(policy)
    .map(([directive, sources]) => `${directive} ${sources}`)
    .join("; ");
}

/** A dedicated worker takes its policy from its own script's response, so the kernel's script names it. */
function isKernelScript(pathname: string): boolean {
  return /(^|\/)kernel\.worker[^/]*\.js$/.test(pathname);
}

/** @param pathname path of the request's URL, e.g. "/index.html" */
export function headersFor(pathname: string): Record<string, string> {
  return { ...isolation, "Content-Security-Policy": serialise(isKernelScript(pathname) ? kernelPolicy : pagePolicy) };
}

export const printHeaders: Record<string, string> = {
  "Content-Type": "text/html; charset=utf-8",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Content-Security-Policy": serialise(printPolicy),
};
