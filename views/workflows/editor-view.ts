import type { FieldView } from "../components/fields/field-view.ts";
import type { IconName } from "../components/icon.tsx";

/** The workflow page as plain data. Addresses are complete: a view only draws. */
export interface EditorView {
  readonly workflowId: string;
  readonly name: string;
  readonly revision: number;
  readonly csrf: string;
  readonly mayEdit: boolean;
  readonly mayRun: boolean;
  readonly publishedVersion: number | null;
  /** Whether publishing would change what runs. */
  readonly isAhead: boolean;
  readonly savedAt: number;
  readonly problems: readonly ProblemView[];
  readonly trigger: CardView;
  readonly root: LaneView;
  readonly moving: { readonly title: string; readonly stepId: string } | null;
  readonly banner: BannerView | null;
  readonly panel: PanelView;
  /** As JSON, to begin a run by hand with. */
  readonly sampleInput: string;
}

export interface ProblemView {
  readonly href: string;
  readonly where: string;
  readonly message: string;
}

export interface BannerView {
  readonly tone: "success" | "warning" | "danger";
  readonly title: string;
  readonly text: string;
  /** Sends the form in the panel again, over what somebody else has stored. */
  readonly overwrite?: boolean;
  /** Puts a deleted step back. */
  readonly undo?: { readonly action: string; readonly values: Readonly<Record<string, string>> };
}

export type CardIcon = { readonly connector: string } | { readonly icon: IconName };

export interface CardView {
  readonly id: string;
  readonly href: string;
  readonly title: string;
  readonly subtitle: string;
  readonly icon: CardIcon;
  readonly problems: number;
  /** Nothing is wrong but what is not filled in yet. */
  readonly isOnlyEmpty: boolean;
  readonly isSelected: boolean;
  readonly isMoving: boolean;
}

export interface LaneView {
  readonly title: string | null;
  /** What has to be true, in short. */
  readonly condition: string | null;
  readonly begin: SpotView;
  readonly steps: readonly NodeView[];
}

/** A place between steps. */
export interface SpotView {
  readonly lane: string;
  readonly after: string;
  readonly addHref: string;
  readonly isSelected: boolean;
  readonly label: string;
}

export interface NodeView {
  readonly card: CardView;
  readonly lanes: readonly LaneView[];
  readonly isSideBySide: boolean;
  readonly end: SpotView;
}

export type PanelView =
  | {
      readonly kind: "overview";
      readonly description: string;
      readonly responseTimeoutMs: string;
      readonly maxConcurrency: string;
    }
  | StepPanel
  | TriggerPanel
  | PickerPanel;

export interface StepPanel {
  readonly kind: "step";
  readonly stepId: string;
  readonly title: string;
  readonly about: string;
  readonly icon: CardIcon;
  /** `steps/<id>` of the addresses that change it. */
  readonly root: string;
  /** Proves which state of the step the form was drawn from. */
  readonly base: string;
  readonly main: readonly FieldView[];
  readonly advanced: readonly FieldView[];
  readonly others: readonly string[];
  readonly branches: BranchesView | null;
  readonly newConnectionHref: string | null;
  readonly changeHref: string | null;
  /** Followed at once: the account has to be asked which fields there are. */
  readonly askHref: string | null;
  readonly accountProblem: string | null;
  /** Titles of the fields that have to be filled in first. */
  readonly accountWaitsFor: readonly string[];
}

export interface BranchesView {
  readonly hasConditions: boolean;
  readonly hasOtherwise: boolean;
  readonly operators: readonly { readonly value: string; readonly title: string }[];
  readonly branches: readonly BranchView[];
}

export interface BranchView {
  readonly key: string;
  readonly name: string;
  readonly errors: readonly string[];
  readonly by: "rules" | "expression";
  readonly expression: string;
  readonly groups: readonly {
    readonly key: string;
    readonly rows: readonly {
      readonly key: string;
      readonly left: string;
      readonly operator: string;
      readonly right: string;
      readonly needsRight: boolean;
      readonly errors: readonly string[];
    }[];
  }[];
}

export interface TriggerPanel {
  readonly kind: "trigger";
  readonly title: string;
  readonly about: string;
  readonly icon: CardIcon;
  readonly base: string;
  readonly main: readonly FieldView[];
  readonly others: readonly string[];
  /** Comes back here once there is one. */
  readonly newConnectionHref: string | null;
  readonly changeHref: string;
  readonly webhook: { readonly url: string | null; readonly curl: string | null } | null;
  /** How a published trigger that works with its provider stands; null for one that has nothing to tell. */
  readonly standing: StandingView | null;
  /** Why it will not start a run as the server is set up. */
  readonly warnings: readonly string[];
  /** Epoch milliseconds; null for a trigger without times. */
  readonly nextTimes: { readonly times: readonly number[]; readonly zone: string | null } | null;
}

export interface StandingView {
  readonly tone: "success" | "warning" | "danger";
  readonly text: string;
  readonly problem: string | null;
  readonly succeededAt: number | null;
  readonly nextAt: number | null;
}

export interface PickerPanel {
  readonly kind: "picker";
  readonly title: string;
  readonly backHref: string | null;
  readonly action: string;
  /** Sent along with what is chosen. */
  readonly hidden: Readonly<Record<string, string>>;
  readonly groups: readonly {
    readonly title: string;
    readonly items: readonly PickerItem[];
  }[];
}

export interface PickerItem {
  readonly icon: CardIcon;
  readonly title: string;
  readonly text: string;
  /** A link to more to choose from, or the value that is sent. */
  readonly href: string | null;
  readonly value: string;
}
