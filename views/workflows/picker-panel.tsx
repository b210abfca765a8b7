import { Html } from "@elysiajs/html";
import { Form } from "../components/form.tsx";
import { Icon } from "../components/icon.tsx";
import { CardIconMark } from "./card-icon.tsx";
import type { EditorView, PickerItem, PickerPanel } from "./editor-view.ts";
import { follow } from "./follow.ts";
import { PanelHead } from "./panel-head.tsx";

/** What can be put into the flow. The search narrows the list down while one types (`builder.js`). */
export function PickerPanelBody({ view, panel }: { view: EditorView; panel: PickerPanel }): JSX.Element {
  return (
    <>
      <PanelHead
        icon={null}
        title={panel.title}
        about="Choose what happens here."
        closeHref={`/workflows/${view.workflowId}`}
      />
      {panel.backHref ? (
        <a class="picker-back" href={panel.backHref} {...follow(panel.backHref)}>
          <Icon name="arrow-left" />
          All apps
        </a>
      ) : (
        ""
      )}
      <input
        class="input"
        type="search"
        placeholder="Search"
        aria-label="Search what to add"
        autocomplete="off"
        data-filter="picker-items"
      />
      <Form action={panel.action} csrf={view.csrf} class="picker" id="picker-items" attrs={{ "hx-post": panel.action }}>
        {Object.entries(panel.hidden).map(([name, value]) => (
          <input type="hidden" name={name} value={Html.escapeHtml(value)} />
        ))}
        {panel.groups.map(({ title, items }) => (
          <section class="picker-group">
            <h3 safe>{title}</h3>
            <ul>
              {items.map((item) => (
                <li data-filter-item>
                  <Item item={item} />
                </li>
              ))}
            </ul>
          </section>
        ))}
        <p class="panel-note" data-filter-empty hidden>
          Nothing is called that.
        </p>
      </Form>
    </>
  );
}

function Item({ item }: { item: PickerItem }): JSX.Element {
  const content = (
    <>
      <CardIconMark icon={item.icon} />
      <span class="card-text">
        <span class="card-title" safe>
          {item.title}
        </span>
        <span class="card-subtitle" safe>
          {item.text}
        </span>
      </span>
    </>
  );
  return item.href === null ? (
    <button class="picker-item" type="submit" name="choice" value={item.value}>
      {content}
    </button>
  ) : (
    <a class="picker-item" href={item.href} {...follow(item.href)}>
      {content}
      <Icon name="chevron-right" />
    </a>
  );
}
