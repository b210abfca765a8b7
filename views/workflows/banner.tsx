import { Html } from "@elysiajs/html";
import { Button } from "../components/button.tsx";
import { Form } from "../components/form.tsx";
import { Notice } from "../components/notice.tsx";
import type { BannerView } from "./editor-view.ts";

/** What came of the last edit, where it was not simply done. */
export function Banner({ banner, csrf }: { banner: BannerView; csrf: string }): JSX.Element {
  const { undo } = banner;
  return (
    <div class="editor-banner" role="status">
      <Notice tone={banner.tone} title={banner.title}>
        <p safe>{banner.text}</p>
        {banner.overwrite ? (
          <div class="row">
            <Button form="panel-form" name="overwrite" value="yes" label="Store mine" size="small" />
            <Button form="panel-form" name="overwrite" value="theirs" label="Take theirs" size="small" />
          </div>
        ) : (
          ""
        )}
        {undo ? (
          <Form action={undo.action} csrf={csrf} class="row" attrs={{ "hx-post": undo.action }}>
            {Object.entries(undo.values).map(([name, value]) => (
              <input type="hidden" name={name} value={Html.escapeHtml(value)} />
            ))}
            <Button label="Undo" size="small" icon="rotate" />
          </Form>
        ) : (
          ""
        )}
      </Notice>
    </div>
  );
}
