import { Html } from "@elysiajs/html";
import { LinkButton } from "../components/button.tsx";
import { describeProblem, type ShownProblem } from "./describe-problem.ts";

/** A failure instead of the page that was asked for. */
export function ErrorPage({ problem, isSignedIn }: { problem: ShownProblem; isSignedIn: boolean }): JSX.Element {
  const { title, text } = describeProblem(problem);
  return (
    <section class="error-page">
      <p class="error-status">{problem.status}</p>
      <h1 safe>{title}</h1>
      <p class="soft" safe>
        {text}
      </p>
      <div class="row">
        <LinkButton kind="primary" href="/" label={isSignedIn ? "Go to the workflows" : "Go to the start page"} />
      </div>
    </section>
  );
}
