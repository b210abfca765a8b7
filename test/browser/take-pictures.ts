/**
 * Takes the pictures of the README anew, of pages as they are now:
 *
 *   bun test/browser/take-pictures.ts
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { encodeStepRowId } from "../../src/http/api/step-row-id.ts";
import { makeDemoData } from "./demo-data.ts";
import { launchBrowser } from "./launch-browser.ts";
import { startUi } from "./start-ui.ts";
import { type VisitorOptions, visit } from "./visitor.ts";

const FOLDER = join(import.meta.dir, "../../docs/images");
const SIZE = { width: 1280, height: 760 };

const [browser, ui] = await Promise.all([launchBrowser(), startUi()]);
const { ids, workflows } = await makeDemoData(ui);
mkdirSync(FOLDER, { recursive: true });
const failed = encodeStepRowId({ path: "region/us", iteration: [] });
await take("run.webp", `/runs/${ids.failed}?step=${failed}`, "light");
await take("workflow.webp", `/workflows/${workflows.leads.id}`, "dark");
await browser.close();
await ui.stop();

async function take(name: string, path: string, theme: NonNullable<VisitorOptions["theme"]>): Promise<void> {
  const visitor = await visit(browser, { url: ui.url, cookies: ui.owner, theme, size: SIZE });
  await visitor.open(path);
  await visitor.page.waitForLoadState("networkidle");
  const png = (await visitor.page.screenshot()).toString("base64");
  const canvas = await visitor.context.newPage();
  await canvas.goto("about:blank");
  // The browser packs it: a third of a PNG's size.
  const webp = await canvas.evaluate<string>(`(async () => {
    const image = new Image();
    image.src = "data:image/png;base64,${png}";
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    canvas.getContext("2d").drawImage(image, 0, 0);
    const blob = await canvas.convertToBlob({ type: "image/webp", quality: 0.9 });
    return new Uint8Array(await blob.arrayBuffer()).toBase64();
  })()`);
  await Bun.write(join(FOLDER, name), Buffer.from(webp, "base64"));
  await visitor.close();
}
