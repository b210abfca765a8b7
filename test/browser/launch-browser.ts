import chromium from "@sparticuz/chromium";
import { type Browser, chromium as playwright } from "playwright-core";

/** Talks to nobody but the server under test, and needs no graphics card. */
const QUIET = [
  "--no-sandbox",
  "--no-zygote",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage",
];

/**
 * A real Chromium from npm: nothing has to be installed on the machine. Unpacked once into the temporary folder. The
 * package's own arguments are for one page in a cloud function: a single process, and web security switched off.
 */
export async function launchBrowser(): Promise<Browser> {
  return playwright.launch({ executablePath: await browserProgram(), args: QUIET });
}

/** Unpacks it if that was not done yet. */
export function browserProgram(): Promise<string> {
  return chromium.executablePath();
}
