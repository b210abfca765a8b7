import { redirect } from "./page-answer.ts";
import { definePage } from "./page-route.ts";

export const homePages = [
  definePage({
    method: "GET",
    path: "/",
    access: "signed_in",
    async handle() {
      return redirect("/workflows");
    },
  }),
];
