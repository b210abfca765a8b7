import { Html } from "@elysiajs/html";
import { Toast } from "../components/toast.tsx";
import { describeProblem, type ShownProblem } from "./describe-problem.ts";

/** A failure of a part of a page. */
export function ErrorToast({ problem }: { problem: ShownProblem }): JSX.Element {
  const { title, text } = describeProblem(problem);
  return <Toast kind="error" text={`${title} ${text}`} />;
}
