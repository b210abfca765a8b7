import { Html } from "@elysiajs/html";
import { Card } from "../components/card.tsx";
import { Form } from "../components/form.tsx";
import { Icon, type IconName } from "../components/icon.tsx";

const THEMES: readonly { readonly theme: "light" | "dark" | null; readonly label: string; readonly icon: IconName }[] =
  [
    { theme: null, label: "As the system", icon: "settings" },
    { theme: "light", label: "Light", icon: "sun" },
    { theme: "dark", label: "Dark", icon: "moon" },
  ];

/** Light or dark, for this browser only. */
export function AppearanceCard({ theme, csrf }: { theme: "light" | "dark" | null; csrf: string }): JSX.Element {
  return (
    <Card id="appearance-card" title="Appearance">
      <Form action="/account/theme" csrf={csrf} class="segments" attrs={{ "aria-label": "Theme" }}>
        {THEMES.map(({ theme: each, label, icon }) => (
          <button type="submit" name="theme" value={each ?? "system"} aria-pressed={each === theme ? "true" : "false"}>
            <Icon name={icon} />
            <span safe>{label}</span>
          </button>
        ))}
      </Form>
      <p class="faint">Kept in this browser.</p>
    </Card>
  );
}
