import { Html } from "@elysiajs/html";
import { Button, FormActions } from "../components/button.tsx";
import { Checkbox } from "../components/field.tsx";
import { Form } from "../components/form.tsx";
import { Card } from "./card.tsx";

export function MailCard({ wanted, csrf }: { wanted: boolean; csrf: string }): JSX.Element {
  return (
    <Card id="mail-card" title="Mail">
      <Form action="/account/mail" csrf={csrf}>
        <Checkbox
          name="wanted"
          label="Mail me about failed runs and connections"
          hint="Runs that failed or need a decision, at most every 15 minutes for each workflow; a connection that needs reconnecting, once."
          checked={wanted}
        />
        <FormActions>
          <Button label="Save" />
        </FormActions>
      </Form>
    </Card>
  );
}
