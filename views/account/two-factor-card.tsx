import { Html } from "@elysiajs/html";
import type { TwoFactor } from "../../src/domain/two-factor-store.ts";
import { Badge } from "../components/badge.tsx";
import { LinkButton } from "../components/button.tsx";
import { Card } from "../components/card.tsx";
import { Time } from "../components/time.tsx";

export function TwoFactorCard({
  twoFactor,
  isRequired,
}: {
  twoFactor: TwoFactor | null;
  isRequired: boolean;
}): JSX.Element {
  return (
    <Card id="two-factor-card" title="Two-factor">
      {twoFactor ? <TurnedOn twoFactor={twoFactor} isRequired={isRequired} /> : <TurnedOff />}
    </Card>
  );
}

function TurnedOn({ twoFactor, isRequired }: { twoFactor: TwoFactor; isRequired: boolean }): JSX.Element {
  const left = twoFactor.recoveryCodesLeft;
  return (
    <>
      <p>
        <Badge tone="success" label="On" /> since <Time at={twoFactor.createdAt} />
      </p>
      <p class="soft" safe>
        {left === 1 ? "One recovery code is left." : `${left} recovery codes are left.`}
      </p>
      <div class="row">
        <LinkButton label="New recovery codes" href="/account/two-factor/recovery-codes" />
        <LinkButton label="Set up another app" href="/account/two-factor" />
        {isRequired ? "" : <LinkButton label="Turn off" href="/account/two-factor/disable" kind="danger" />}
      </div>
    </>
  );
}

function TurnedOff(): JSX.Element {
  return (
    <>
      <p>A code from an app on your phone besides the password: whoever learns the password alone does not get in.</p>
      <div class="row">
        <LinkButton label="Turn on two-factor" href="/account/two-factor" kind="primary" />
      </div>
    </>
  );
}
