import { Html } from "@elysiajs/html";
import { CopyButton, LinkButton } from "../components/button.tsx";
import { Notice } from "../components/notice.tsx";

export function RecoveryCodesPage({ codes, onward }: { codes: readonly string[]; onward: string }): JSX.Element {
  return (
    <div class="stack">
      <h1>Keep these recovery codes</h1>
      <RecoveryCodes codes={codes} />
      <LinkButton kind="primary" label="I have stored them" href={onward} />
    </div>
  );
}

/** Also on the personal page. */
export function RecoveryCodes({ codes }: { codes: readonly string[] }): JSX.Element {
  return (
    <>
      <Notice tone="warning" title="They are shown once">
        <p>Each signs you in once, when you have lost the authenticator app. Keep them where your passwords are.</p>
      </Notice>
      <pre id="recovery-codes" tabindex="0" safe>
        {codes.join("\n")}
      </pre>
      <CopyButton from="recovery-codes" label="Copy the codes" />
    </>
  );
}
