import { Html } from "@elysiajs/html";
import { Button } from "../components/button.tsx";
import { Form } from "../components/form.tsx";
import { NextField } from "./next-field.tsx";

/** The same address and password open several tenants. */
export function ChooseTenantPage({
  tenants,
  next,
}: {
  tenants: readonly { id: string; slug: string }[];
  next: string | null;
}): JSX.Element {
  return (
    <div class="stack">
      <h1>Where to?</h1>
      <p class="soft">You have an account in each of these.</p>
      <Form action="/sign-in/tenant" csrf={null}>
        <NextField next={next} />
        {tenants.map(({ id, slug }) => (
          <Button label={slug} name="tenant" value={id} wide />
        ))}
      </Form>
    </div>
  );
}
