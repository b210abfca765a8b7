import { Html } from "@elysiajs/html";
import type { Permission } from "../src/domain/permission.ts";
import type { SignedIn } from "../src/domain/signed-in.ts";
import { Icon, type IconName } from "./components/icon.tsx";

interface Destination {
  readonly section: string;
  readonly label: string;
  readonly icon: IconName;
  /** Who may not open it does not see it. */
  readonly needs: Permission;
}

const WORK: readonly Destination[] = [
  { section: "workflows", label: "Workflows", icon: "workflow", needs: "workflow.read" },
  { section: "runs", label: "Runs", icon: "activity", needs: "run.read" },
  { section: "connections", label: "Connections", icon: "plug", needs: "connection.read" },
  { section: "variables", label: "Variables", icon: "braces", needs: "variable.read" },
];
const ADMINISTRATION: readonly Destination[] = [
  { section: "members", label: "Members", icon: "users", needs: "member.read" },
  { section: "api-keys", label: "API keys", icon: "key", needs: "api_key.read" },
  { section: "audit", label: "Audit log", icon: "shield", needs: "audit.read" },
  { section: "settings", label: "Settings", icon: "settings", needs: "settings.read" },
  { section: "installation", label: "Installation", icon: "layers", needs: "installation.manage" },
];

/** At the side; on a phone a drawer that the menu button opens. */
export function Navigation({ section, viewer }: { section: string | null; viewer: SignedIn }): JSX.Element {
  return (
    <nav class="sidebar" id="navigation" popover="auto" aria-label="Main">
      <a class="brand" href="/">
        <span class="brand-mark">
          <Icon name="workflow" />
        </span>
        IntegrationSync
      </a>
      <Group label="Work" destinations={WORK} section={section} viewer={viewer} />
      <Group label="Administration" destinations={ADMINISTRATION} section={section} viewer={viewer} />
      <div class="spread" />
      <Viewer viewer={viewer} isCurrent={section === "account"} />
    </nav>
  );
}

function Group({
  label,
  destinations,
  section,
  viewer,
}: {
  label: string;
  destinations: readonly Destination[];
  section: string | null;
  viewer: SignedIn;
}): JSX.Element {
  const open = destinations.filter(({ needs }) => viewer.scope.permissions.has(needs));
  if (open.length === 0) return "";
  return (
    <div>
      <h2 safe>{label}</h2>
      <ul class="nav-list">
        {open.map((destination) => (
          <li>
            <a
              class="nav-link"
              href={`/${destination.section}`}
              aria-current={destination.section === section ? "page" : undefined}
            >
              <Icon name={destination.icon} />
              <span safe>{destination.label}</span>
            </a>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Viewer({ viewer, isCurrent }: { viewer: SignedIn; isCurrent: boolean }): JSX.Element {
  const { user, tenant } = viewer;
  const name = user.name || user.email;
  return (
    <a class="viewer" href="/account" aria-current={isCurrent ? "page" : undefined}>
      <span class="avatar" aria-hidden="true" safe>
        {initialOf(name)}
      </span>
      <span class="viewer-name truncate" safe>
        {name}
      </span>
      <span class="viewer-place truncate" safe>
        {tenant.slug}
      </span>
    </a>
  );
}

function initialOf(name: string): string {
  return [...name][0]?.toUpperCase() ?? "?";
}
